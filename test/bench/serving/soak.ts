/**
 * Soak test at half of the maximum load, with a retrain every few minutes: errors, latency with and without a retrain,
 * the longest delay of the event loop, and memory after each swap.
 *
 *     npm run bench:soak -- [--playlists lists.csv] [--minutes 30] [--every 3] \
 *         [--workers 1] [--epochs 2] [--hold-out 2000] [--swaps 10]
 *
 * It runs longer if needed for the swaps, four by default: the last one is compared with the third. Without playlists
 * it uses the sample. Half of the requests are uncached. Exits with 1 if a request failed or was refused, or if memory
 * after the last swap is more than 15 % above that after the third.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { startProgram } from "../../helpers/process.ts";
import { get, load, post } from "./http-load.ts";
import { describeMachine } from "../machine.ts";
import { type Server, startService } from "./servers.ts";
import { cell, printTable, type Row } from "../table.ts";

const { values } = parseArgs({
  options: {
    playlists: { type: "string" },
    minutes: { type: "string", default: "30" },
    every: { type: "string", default: "3" },
    workers: { type: "string", default: "1" },
    epochs: { type: "string", default: "2" },
    "hold-out": { type: "string", default: "2000" },
    connections: { type: "string", default: "8" },
    rate: { type: "string" },
    swaps: { type: "string", default: "4" },
  },
});
const connections = Number(values.connections);
const mostGrowth = 1.15;
const pingEvery = 5;
const fewestSwaps = Number(values.swaps);
const song2vec = (args: readonly string[]) =>
  startProgram([fileURLToPath(new URL("../../../src/main.ts", import.meta.url)), ...args]).ended;
console.log(describeMachine());

const folder = mkdtempSync(join(tmpdir(), "song2vec-soak-"));
if (values.playlists === undefined) await song2vec(["sample", "--output", folder]);
const playlists = values.playlists ?? join(folder, "playlists.csv");
const training = { PLAYLISTS: playlists, WORKERS: values.workers };
console.error("training the first model");
await song2vec([
  "train",
  "--playlists",
  playlists,
  "--data-dir",
  folder,
  "--epochs",
  values.epochs,
  "--workers",
  values.workers,
  "--hold-out",
  values["hold-out"],
]);
const service = await startService(folder, training);
const { stop: stopProbe, longest } = probe(service);
const ids = await songIds(service);
let uncached = 0;
const similar = (i: number) => {
  const path = `/v1/songs/${encodeURIComponent(ids[(i * 7919) % ids.length] ?? "")}/similar`;
  return get(i % 2 === 0 ? path : `${path}?minScore=-0.${++uncached}`);
};
const recommend = (i: number) =>
  post("/v1/recommendations", {
    songs: Array.from({ length: 10 }, (_, j) => ids[(i * 31 + j * 101) % ids.length] ?? ""),
    ...(i % 8 === 3 && { minScore: -1e6 - ++uncached }),
  });
const mixed = (i: number) => (i % 4 === 3 ? recommend(i) : similar(i));

const most = await load({ port: service.port, connections, seconds: 5, request: mixed });
const rate = values.rate === undefined ? Math.floor(most.perSecond / 2) : Number(values.rate);
console.log(
  `${ids.length} songs; three similar to one recommendation: ${cell(most.perSecond)} requests/s at most, ` +
    `${cell(rate)} in the test`,
);

const rows: Row[] = [];
const residents: number[] = [];
let failed = 0;
let refused = 0;
const end = performance.now() + Number(values.minutes) * 60_000;
const phase = Math.max(5, (Number(values.every) * 60) / 2);
await measure("quiet", phase);
do {
  const { ended } = await startJob();
  await measure("retrain", phase, ended);
  residents.push(service.resident() / 1024);
  await measure("quiet", Math.min(phase, Math.max(5, (end - performance.now()) / 1000)));
} while (performance.now() < end || residents.length < fewestSwaps);
printTable(rows);
stopProbe();
await service.stop();
rmSync(folder, { recursive: true });

const growth = (residents.at(-1) ?? 0) / (residents[2] ?? 0);
console.log(
  `${failed} failed, ${refused} refused; memory after the swaps, MB: ` +
    `${residents.map((value) => cell(value)).join(", ")}; the last ÷ the third: ${cell(growth, 3)}`,
);
if (failed > 0 || refused > 0 || growth > mostGrowth) process.exitCode = 1;

/** Sends requests for at least `seconds`, and until the job has ended. */
async function measure(name: string, seconds: number, job?: Promise<string>): Promise<void> {
  let state = job ? "" : "none";
  void job?.then((ended) => (state = ended));
  do {
    longest(true);
    const {
      requests,
      perSecond,
      p50,
      p99,
      max,
      errors,
      refused: turnedAway,
    } = await load({ port: service.port, connections, seconds, request: mixed, rate });
    failed += errors;
    refused += turnedAway;
    const row = {
      phase: name,
      requests: cell(requests),
      "requests/s": cell(perSecond),
      "p50 ms": cell(p50, 2),
      "p99 ms": cell(p99, 2),
      "max ms": cell(max, 1),
      errors: cell(errors),
      refused: cell(turnedAway),
      "slowest ping ms": cell(longest(true), 1),
      "resident MB": cell(service.resident() / 1024),
    };
    rows.push(row);
    console.error(Object.values(row).join("  "));
  } while (state === "");
  if (job && state !== "succeeded") throw new Error(`the retrain ${state}`);
}

/** Starts a retrain. @returns its job, and a promise of the final state */
async function startJob(): Promise<{ ended: Promise<string> }> {
  const url = `http://127.0.0.1:${service.port}`;
  const response = await fetch(`${url}/v1/training-jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      hyperparameters: { epochs: Number(values.epochs), holdOut: Number(values["hold-out"]) },
      activate: "always",
    }),
  });
  const { jobId } = z.object({ jobId: z.string() }).parse(await response.json());
  const ended = async () => {
    for (;;) {
      const { state } = z
        .object({ state: z.string() })
        .parse(await (await fetch(`${url}/v1/training-jobs/${jobId}`)).json());
      if (!["queued", "running"].includes(state)) return state;
      await setTimeout(500);
    }
  };
  return { ended: ended() };
}

/** Repeats the cheapest request; its longest latency is the longest delay of the event loop. */
function probe({ port }: Server) {
  let slowest = 0;
  let isOver = false;
  const run = async () => {
    while (!isOver) {
      const started = performance.now();
      await fetch(`http://127.0.0.1:${port}/health/live`).then((response) => response.text());
      slowest = Math.max(slowest, performance.now() - started);
      await setTimeout(pingEvery);
    }
  };
  void run().catch((error: unknown) => {
    if (!isOver) throw error;
  });
  return {
    stop: () => (isOver = true),
    longest(reset: boolean) {
      const value = slowest;
      if (reset) slowest = 0;
      return value;
    },
  };
}

async function songIds({ port }: Server): Promise<string[]> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/recommendations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ songs: ["an unknown song"], limit: 1000 }),
  });
  return z
    .object({ items: z.array(z.object({ songId: z.string() })) })
    .parse(await response.json())
    .items.map(({ songId }) => songId);
}
