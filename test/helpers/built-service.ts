import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { createRandom, integerBelow } from "../../src/word2vec/random.ts";
import { openVersions } from "../../src/model/format/versions.ts";
import { publishModel } from "../model/small-models.ts";
import { type Running, serverOptions, startProgram, waitFor } from "./process.ts";

/** Whether faults run at the length and to the figures that are promised, or in a short form for each change. */
export const full = process.env["FAULTS"] === "full";

/** Times are held to what is promised in the full form, on a quiet machine; a short form may run on a busy one. */
export const within = (promised: number) => (full ? promised : Number.POSITIVE_INFINITY);

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

export interface BuiltService extends Running {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  /** Resident memory in MiB. */
  memory(): number;
}

export interface BuiltOptions {
  /** Songs of a model with random vectors; 0: the model is trained first, from what the environment says. */
  readonly songs?: number;
  readonly vectorSize?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Options of Node. */
  readonly options?: readonly string[];
}

/** The built service as a process of its own, on a free port, with a model; it ends with the test. */
export async function startBuilt({
  songs = 1000,
  vectorSize = 16,
  environment = {},
  options = [],
}: BuiltOptions = {}): Promise<BuiltService> {
  const folder = await mkdtemp(join(tmpdir(), "song2vec-faults-"));
  if (songs > 0) await publishRandomModel(folder, songs, vectorSize);
  const running = startProgram([...serverOptions, ...options, main, "serve"], {
    DATA_DIR: folder,
    PORT: "0",
    DRAIN_SECONDS: "0",
    WORKERS: "1",
    ...environment,
  });
  onTestFinished(async () => {
    running.child.kill("SIGKILL");
    await running.ended;
    await rm(folder, { recursive: true, force: true });
  });
  const [, port = ""] = await waitFor(running, /Server listening at http:\/\/[^:]+:(\d+)/);
  await waitFor(running, /"msg":"serving a (new )?model version/);
  const memory = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${running.child.pid}/status`, "utf8"))?.[1]) / 1024;
  return { ...running, folder, port: Number(port), url: `http://127.0.0.1:${port}`, memory };
}

async function publishRandomModel(folder: string, songs: number, vectorSize: number): Promise<void> {
  const random = createRandom(1, 2, 3);
  const versions = await openVersions(join(folder, "models"));
  await publishModel(versions, {
    songs: Array.from({ length: songs }, (_, i) => ({ id: `${i}`, count: songs - i })),
    input: Array.from({ length: songs }, () =>
      Array.from({ length: vectorSize }, () => integerBelow(2001, random) / 1000 - 1),
    ),
  });
}

export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly milliseconds: number;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly agent?: Agent;
}

/** One request, by the path as it stands: no client tidies it up. Rejects where the connection breaks. */
export function ask(
  port: number,
  path: string,
  { method = "GET", headers = {}, body, agent }: Asked = {},
): Promise<Answered> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) }; // Node leaves it out of GET and DELETE, so that the body would be read as another request
    const asked = request(
      { host: "127.0.0.1", port, path, method, headers: { ...length, ...headers }, ...(agent && { agent }) },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.once("error", reject);
        response.once("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            body: text,
            headers: response.headers,
            milliseconds: performance.now() - started,
          }),
        );
      },
    );
    asked.once("error", reject);
    asked.end(body);
  });
}

export function askJson(port: number, path: string, value: unknown, rest: Asked = {}): Promise<Answered> {
  return ask(port, path, {
    method: "POST",
    ...rest,
    headers: { "content-type": "application/json", ...rest.headers },
    body: JSON.stringify(value),
  });
}

/** The latencies in milliseconds of one request after another, until something else is done. */
export async function probe<T>(
  port: number,
  path: string,
  during: Promise<T>,
  pauseMs = 5,
): Promise<{ result: T; latencies: number[]; failed: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const latencies: number[] = [];
  let failed = 0;
  let done = false;
  const result = during.finally(() => (done = true));
  while (!done) {
    const { status, milliseconds } = await ask(port, path, { agent });
    latencies.push(milliseconds);
    if (status !== 200) failed++;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  agent.destroy();
  return { result: await result, latencies, failed };
}

/** Milliseconds that the event loop of the service was late at most since it was asked last. */
export async function longestDelay(port: number): Promise<number> {
  const { body } = await ask(port, "/metrics");
  const resolution = 10;
  return Math.max(0, Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(body)?.[1]) * 1000 - resolution);
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Says what was measured, for the table in the README. */
export function report(row: number, figures: Readonly<Record<string, number | string>>): void {
  const rounded = Object.entries(figures).map(
    ([name, value]) => `${name} ${typeof value === "number" ? Math.round(value * 10) / 10 : value}`,
  );
  process.stderr.write(`row ${row}: ${rounded.join(", ")}\n`);
}
