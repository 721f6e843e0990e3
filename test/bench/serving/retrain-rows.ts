import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { get, load, type LoadResult } from "./http-load.ts";
import { startService } from "./servers.ts";
import { cell, type Row } from "../table.ts";

const connections = 16;

/**
 * Uncached `similar` at a third of the maximum load before, during and after a retrain. The same retrain runs first on
 * the idle server. The server itself reports the longest delay of its event loop.
 *
 * @param dataDir data directory with a model of these playlists
 */
export async function retrainRows(dataDir: string, playlists: string, workers: number, epochs: number): Promise<Row[]> {
  const service = await startService(dataDir, { PLAYLISTS: playlists, WORKERS: String(workers) });
  const url = `http://127.0.0.1:${service.port}`;
  const ids = readFileSync(`${dataDir}/models/${await activeVersion(url)}/songs.jsonl`, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => String(JSON.parse(line).id));
  let uncached = 0;
  const request = () =>
    get(`/v1/songs/${encodeURIComponent(ids[(uncached++ * 7919) % ids.length] ?? "")}/similar?minScore=-0.${uncached}`);
  await load({ port: service.port, connections, seconds: 2, request });
  const { perSecond } = await load({ port: service.port, connections, seconds: 5, request });
  const rate = perSecond / 3;

  async function retrain(): Promise<string> {
    const response = await fetch(`${url}/v1/training-jobs`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ hyperparameters: { epochs, workers }, activate: "always" }),
    });
    const { jobId }: { jobId: string } = await response.json();
    return jobId;
  }

  async function jobOf(jobId: string): Promise<{ startedAt: string; endedAt: string | null; state: string }> {
    return (await fetch(`${url}/v1/training-jobs/${jobId}`)).json();
  }

  async function isOver(jobId: string): Promise<boolean> {
    return (await jobOf(jobId)).endedAt !== null;
  }

  async function secondsOf(jobId: string): Promise<number> {
    const { startedAt, endedAt, state } = await jobOf(jobId);
    if (endedAt === null || state !== "succeeded") throw new Error(`the retrain ${state}`);
    return (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
  }

  async function phase(name: string, isOver: () => Promise<boolean>): Promise<Row> {
    await longestStall(url);
    const parts: LoadResult[] = [];
    do parts.push(await load({ port: service.port, connections, seconds: 5, request, rate }));
    while (!(await isOver()));
    console.log(`${name}, p99 of each 5 s: ${parts.map(({ p99 }) => cell(p99, 1)).join(", ")} ms`);
    const worst = (of: "p99" | "max") => Math.max(...parts.map((part) => part[of]));
    const sum = (of: "requests" | "errors" | "refused") => parts.reduce((total, part) => total + part[of], 0);
    const all = Float64Array.from(parts.flatMap(({ latencies }) => [...latencies])).sort();
    const medianP99 = parts.map(({ p99 }) => p99).toSorted((a, b) => a - b)[parts.length >> 1] ?? Number.NaN;
    return {
      phase: name,
      "requests/s": cell(rate),
      requests: cell(sum("requests")),
      "p99 ms": cell(all[Math.floor(all.length * 0.99)], 2),
      "median of 5 s": cell(medianP99, 2),
      "worst of 5 s": cell(worst("p99"), 2),
      "max ms": cell(worst("max"), 1),
      errors: cell(sum("errors") + sum("refused")),
      "longest event loop delay ms": cell(await longestStall(url), 1),
    };
  }

  const idle = await retrain();
  while (!(await isOver(idle))) await setTimeout(500);

  let rounds = 0;
  const rows = [await phase("before", async () => ++rounds >= 3)];
  const before = await activeVersion(url);
  const job = await retrain();
  rows.push(await phase("during", () => isOver(job)));
  rounds = 0;
  rows.push(await phase("after", async () => ++rounds >= 3));
  console.log(`model version ${before} before, ${await activeVersion(url)} after`);
  const [alone, beside] = [await secondsOf(idle), await secondsOf(job)];
  console.log(
    `the retrain took ${cell(alone, 1)} s on the idle server, ${cell(beside, 1)} s beside requests: ` +
      `${cell(beside / alone, 2)} ×`,
  );
  await service.stop();
  return rows;
}

async function activeVersion(url: string): Promise<number> {
  const { items }: { items: { version: number; active: boolean }[] } = await (await fetch(`${url}/v1/models`)).json();
  return items.find(({ active }) => active)?.version ?? 0;
}

/** Longest event loop delay since the last call, in milliseconds. */
async function longestStall(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return 1000 * Number(/^nodejs_eventloop_lag_max_seconds ([\d.e-]+)/m.exec(text)?.[1]);
}
