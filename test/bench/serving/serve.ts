/**
 * The routes compared with a bare Fastify route that sends the same body, and with gensim's `most_similar` behind
 * FastAPI and uvicorn. Servers and client are separate processes. The models are generated ones without playlists, or
 * the model of a data directory, whose playlists are the queries.
 *
 * With --retrain: `similar` at a third of the maximum load, before, during and after a retrain; --data-dir is a data
 * directory with a model of those playlists.
 *
 *     npm run bench:serve -- --retrain lists.csv [--epochs 2] [--workers 2] [--data-dir folder]
 *     npm run bench:serve -- [--songs 5000,50000 | --data-dir folder] [--connections 1,8,64] \
 *         [--seconds 5] [--dims 256] [--vectors bytes] [--index scan] [--no-gensim]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { indexSettings } from "../../../src/model/format/index-setting.ts";
import { writeGeneratedModel } from "../search/generated-model.ts";
import { gensimVersion } from "../training/gensim.ts";
import { get, load, post } from "./http-load.ts";
import { describeMachine } from "../machine.ts";
import { retrainRows } from "./retrain-rows.ts";
import { type Server, startBare, startGensim, startService } from "./servers.ts";
import { generatedModel, type ServedModel, similarPath, storedModel } from "./served-model.ts";
import { cell, printTable, type Row } from "../table.ts";
import { touchSeconds } from "./touch.ts";

const { values } = parseArgs({
  options: {
    songs: { type: "string", default: "5000,50000" },
    connections: { type: "string", default: "1,8,64" },
    seconds: { type: "string", default: "5" },
    dims: { type: "string", default: "256" },
    vectors: { type: "string", default: "exact" },
    index: { type: "string", default: "auto" },
    gensim: { type: "boolean", default: true },
    retrain: { type: "string" },
    epochs: { type: "string", default: "2" },
    workers: { type: "string", default: String(availableParallelism()) },
    "data-dir": { type: "string" },
  },
  allowNegative: true,
});
const numbers = (text: string) => text.split(",").map(Number);
const seconds = Number(values.seconds);
console.log(describeMachine());

if (values.retrain !== undefined) await retrain(values.retrain);
else if (values["data-dir"] !== undefined) await serve(await storedModel(values["data-dir"]));
else
  for (const songs of numbers(values.songs)) {
    const folder = mkdtempSync(join(tmpdir(), "song2vec-serve-"));
    await writeGeneratedModel(folder, songs, Number(values.dims), z.enum(indexSettings).parse(values.index));
    await serve(generatedModel(folder, songs));
    rmSync(folder, { recursive: true });
  }

async function retrain(playlists: string): Promise<void> {
  const folder = values["data-dir"] ?? mkdtempSync(join(tmpdir(), "song2vec-serve-"));
  const { epochs, workers } = values;
  if (values["data-dir"] === undefined)
    execFileSync(
      process.execPath,
      [
        join(import.meta.dirname, "../../../src/main.ts"),
        "train",
        "--playlists",
        playlists,
        "--data-dir",
        folder,
        "--epochs",
        epochs,
        "--workers",
        workers,
      ],
      { stdio: "inherit" },
    );
  printTable(await retrainRows(folder, playlists, Number(workers), Number(epochs)));
  if (values["data-dir"] === undefined) rmSync(folder, { recursive: true });
}

async function serve(model: ServedModel): Promise<void> {
  const service = await startService(model.folder, { KEEP_VECTORS: values.vectors, INDEX: values.index });
  const [, searchMs = "", blendMs = "", threads = "", index = ""] =
    /"searchMs":([\d.]+),"blendMs":([\d.]+|null),"searchThreads":(\d),"index":(\w+|"\w+")/.exec(service.log()) ?? [];
  console.log(
    `\n${cell(model.songs)} songs × ${values.dims}: ready ${service.ready.toFixed(2)} s after its start ` +
      `(first write to as much memory: ${touchSeconds(service.resident()).toFixed(2)} s), ` +
      `${cell(service.resident() / 1024)} MB resident, estimated ms of a scan ${searchMs}, of a blend ${blendMs}, ` +
      `search threads: ${threads}, index: ${index}`,
  );
  const folder = mkdtempSync(join(tmpdir(), "song2vec-body-"));
  const bodyFile = join(folder, "body.json");
  writeFileSync(bodyFile, await (await fetch(`http://127.0.0.1:${service.port}${similarPath(1, model)}`)).text());
  const bare = await startBare(bodyFile);
  const gensim = values.gensim && gensimVersion() ? await startGensim(model.modelFolder) : undefined;
  await table(model, await warm(service, model), service, bare, gensim);
  for (const server of [service, bare, gensim]) await server?.stop();
  rmSync(folder, { recursive: true });
}

async function table(
  model: ServedModel,
  warmed: number,
  service: Server,
  bare: Server,
  gensim: Server | undefined,
): Promise<void> {
  const rows: Row[] = [];
  let uncached = 0;
  for (const connections of numbers(values.connections)) {
    const known = Array.from({ length: warmed }, (_, i) => get(similarPath(i, model)));
    const warmPath = (i: number) => known[(i * 7919) % known.length] ?? get("/");
    const cold = () => get(`${similarPath(++uncached, model)}?minScore=-0.${uncached}`);
    const recommend = (options: object) =>
      model.playlists.map((songs) => post("/v1/recommendations", { songs, ...options }));
    const asGensim = recommend({ strategy: "similarity" });
    const pick = (requests: readonly Buffer[]) => (i: number) => requests[i % requests.length] ?? get("/");
    const anew = (options: object) => () =>
      post("/v1/recommendations", {
        songs: model.playlists[uncached % model.playlists.length],
        ...options,
        minScore: -1e6 - ++uncached,
      });
    const tasks: [string, Server | undefined, (i: number) => Buffer][] = [
      ["bare route", bare, warmPath],
      ["similar, cached", service, warmPath],
      ["similar, uncached", service, cold],
      ["recommendations, cached", service, pick(recommend({}))],
      ["recommendations, uncached", service, anew({})],
      ["similarity, uncached", service, anew({ strategy: "similarity" })],
      ["context, uncached", service, anew({ strategy: "context" })],
      ["gensim most_similar, 1 song", gensim, warmPath],
      ["gensim most_similar, 10 songs", gensim, pick(asGensim)],
    ];
    let bareFigures = { perSecond: Number.NaN, p99: Number.NaN };
    for (const [name, server, request] of tasks) {
      if (!server) continue;
      await load({ port: server.port, connections, seconds: seconds / 2, request });
      const result = await load({ port: server.port, connections, seconds, request });
      if (server === bare) bareFigures = result;
      const { perSecond, p50, p99, max, errors, refused } = result;
      rows.push({
        connections: cell(connections),
        route: name,
        "requests/s": cell(perSecond),
        "× bare": cell(perSecond / bareFigures.perSecond, 3),
        "p50 ms": cell(p50, 2),
        "p99 ms": cell(p99, 2),
        "p99 × bare": cell(p99 / bareFigures.p99, 1),
        "max ms": cell(max, 1),
        errors: cell(errors + refused),
      });
    }
  }
  printTable(rows);
}

/** Warms up with 5,000 songs, or as many as ten seconds allow, and all playlists. @returns the number of songs */
async function warm({ port }: Server, model: ServedModel): Promise<number> {
  const end = performance.now() + 10_000;
  const send = (path: string, options: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, options).then((response) => response.text());
  let sent = 0;
  while (sent < Math.min(model.songs, 5000) && performance.now() < end)
    await Promise.all(Array.from({ length: 50 }, () => send(similarPath(sent++, model))));
  for (const songs of model.playlists)
    await send("/v1/recommendations", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ songs }),
    });
  return sent;
}
