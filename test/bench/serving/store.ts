/**
 * Durably stored playlists per second: single requests from 16 connections, compared with the fsync rate of the disk,
 * and a bulk import; and the time of the next training, which reads them.
 *
 *     npm run bench:store -- [playlists to import, 1,000,000 by default]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { cell, printTable } from "../table.ts";

const [count = "1000000"] = process.argv.slice(2);
const folder = mkdtempSync(join(process.env["BENCH_DIR"] ?? tmpdir(), "song2vec-bench-"));
const songs = (i: number) =>
  Array.from({ length: 20 }, (_, k) => `${10_000 + ((i * 7919 + k * k * 104_729) % 50_000)}`);

const playlists = join(folder, "playlists.csv");
writeFileSync(
  playlists,
  ["Category,master_number", ...Array.from({ length: 400 }, (_, i) => `${i % 40},${i % 20}`)].join("\n"),
);
const main = fileURLToPath(new URL("../../../dist/main.js", import.meta.url));
const environment = {
  PATH: process.env["PATH"] ?? "",
  PLAYLISTS: playlists,
  DATA_DIR: join(folder, "data"),
  PORT: "0",
  PRESET: "article",
  WORKERS: "1",
  LOG_LEVEL: "info",
};
const server = spawn(process.execPath, [main, "serve"], { env: environment, stdio: ["ignore", "pipe", "inherit"] });
let output = "";
server.stdout.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-20_000)));
while (!output.includes("model activated")) await once(server.stdout, "data");
const url = /Server listening at (http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1] ?? "";

/** Appends of 4 KiB per second, with an fsync after each. */
function fsyncsPerSecond(seconds: number): number {
  const file = openSync(join(folder, "fsync"), "w");
  const page = Buffer.alloc(4096, 1);
  const started = performance.now();
  let done = 0;
  while (performance.now() - started < seconds * 1000) {
    writeSync(file, page);
    fsyncSync(file);
    done++;
  }
  closeSync(file);
  return done / seconds;
}

async function oneByOne(seconds: number, prefix: string) {
  let sent = 0;
  return autocannon({
    url,
    connections: 16,
    duration: seconds,
    requests: [
      {
        method: "PUT",
        setupRequest: (request) => ({
          ...request,
          path: `/v1/playlists/${prefix}-${sent}`,
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ songs: songs(sent++) }),
        }),
      },
    ],
  });
}

function* lines(many: number): Generator<string> {
  for (let i = 0; i < many; i += 500) {
    yield Array.from(
      { length: Math.min(500, many - i) },
      (_, k) => `${JSON.stringify({ playlistId: `import-${i + k}`, songs: songs(i + k) })}\n`,
    ).join("");
  }
}

async function bulk(many: number): Promise<{ seconds: number; lastLine: string; slowest: number }> {
  const started = performance.now();
  let slowest = 0;
  const probe = setInterval(() => {
    const sentAt = performance.now();
    void fetch(`${url}/health/live`).then(() => (slowest = Math.max(slowest, performance.now() - sentAt)));
  }, 100);
  const sending = request(`${url}/v1/playlists/import`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
  });
  Readable.from(lines(many)).pipe(sending);
  const [response] = await once(sending, "response");
  let text = "";
  for await (const chunk of response) text = (text + String(chunk)).slice(-200);
  clearInterval(probe);
  return { seconds: (performance.now() - started) / 1000, lastLine: text.trim().split("\n").at(-1) ?? "", slowest };
}

async function retrain(): Promise<{ seconds: number; stored: number; state: string }> {
  const started = performance.now();
  const response = await fetch(`${url}/v1/training-jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ hyperparameters: { epochs: 1, vectorSize: 16, negative: 2, window: 2 } }),
  });
  const { jobId } = await response.json();
  await (await fetch(`${url}/v1/training-jobs/${jobId}/events`)).text();
  const job = await (await fetch(`${url}/v1/training-jobs/${jobId}`)).json();
  return { seconds: (performance.now() - started) / 1000, stored: job.data.stored, state: job.state };
}

const syncs = fsyncsPerSecond(3);
await oneByOne(2, "warm-up");
const single = await oneByOne(10, "single");
const many = Number(count);
const imported = await bulk(many);
const trained = await retrain();
printTable([
  { what: "fsyncs per second of the disk", figure: cell(syncs), more: "" },
  {
    what: "playlists per second, 16 connections",
    figure: cell(single.requests.average),
    more:
      `p50 ${single.latency.p50} ms, p99 ${single.latency.p99} ms, ${single.errors + single.non2xx} ` +
      `errors; ${(single.requests.average / syncs).toFixed(1)} per fsync`,
  },
  {
    what: `seconds to import ${cell(many)}`,
    figure: cell(imported.seconds, 1),
    more: `${cell(many / imported.seconds)}/s, slowest probe ${Math.round(imported.slowest)} ms, ${imported.lastLine}`,
  },
  {
    what: "seconds of the next training, one epoch",
    figure: cell(trained.seconds, 1),
    more: `${trained.state}, read ${cell(trained.stored)} stored playlists`,
  },
]);
server.kill("SIGTERM");
await once(server, "close");
rmSync(folder, { recursive: true });
