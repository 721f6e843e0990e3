import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type Running, serverOptions, startProgram, waitFor } from "./process.ts";
import { playlistsCsv } from "./service.ts";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

export interface Served extends Running {
  readonly url: string;
  readonly port: number;
  /** Milliseconds from the start to the first answer from a model. */
  readonly readyAfter: number;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** A data folder that one built service after the other is started on; all of it goes when the test ends. */
export interface LastingService {
  readonly folder: string;
  readonly dataDir: string;
  start(environment?: Readonly<Record<string, string>>): Promise<Served>;
}

export async function lastingService(dataDir?: string): Promise<LastingService> {
  const folder = await mkdtemp(join(tmpdir(), "song2vec-faults-"));
  const playlists = join(folder, "playlists.csv");
  await writeFile(playlists, playlistsCsv());
  const running = new Set<Running>();
  onTestFinished(async () => {
    for (const { child, ended } of running) {
      child.kill("SIGKILL");
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  });
  const data = dataDir ?? join(folder, "data");
  return {
    folder,
    dataDir: data,
    async start(environment = {}) {
      const started = performance.now();
      const program = startProgram([...serverOptions, main, "serve"], {
        PLAYLISTS: playlists,
        DATA_DIR: data,
        PORT: "0",
        DRAIN_SECONDS: "0",
        WORKERS: "1",
        PRESET: "article",
        ...environment,
      });
      running.add(program);
      const [, port = ""] = await waitFor(program, /Server listening at http:\/\/[^:]+:(\d+)/);
      await waitFor(program, /"msg":"serving a model version|"state":"succeeded"/);
      const readyAfter = performance.now() - started;
      return {
        ...program,
        port: Number(port),
        url: `http://127.0.0.1:${port}`,
        readyAfter,
        async kill(signal = "SIGKILL") {
          program.child.kill(signal);
          await program.ended;
          running.delete(program);
        },
      };
    },
  };
}

export async function send(
  url: string,
  path: string,
  method: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...(body && { "content-type": "application/json" }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, json: text === "" ? null : JSON.parse(text) };
}

/** Reads once the server has time for it: a busy one answers 503 with Retry-After first. */
export async function read(url: string, path: string) {
  for (let tries = 0; ; tries++) {
    const answer = await send(url, path, "GET");
    if (answer.status !== 503 || tries === 20) return answer.json;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Follows a job to its end by its events. */
export async function followJob(url: string, jobId: string) {
  await (await fetch(`${url}/v1/training-jobs/${jobId}/events`)).text();
  return (await send(url, `/v1/training-jobs/${jobId}`, "GET")).json;
}

/** The numbers of the processes that a process has started, whichever of its threads did, and that live. */
export function childrenOf(pid: number | undefined): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return []; // it has ended
  }
}

export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Looks every few milliseconds until something holds; says how long that took. */
export async function until(holds: () => boolean | Promise<boolean>, atMost: number): Promise<number> {
  const started = performance.now();
  while (!(await holds())) {
    if (performance.now() - started > atMost) throw new Error(`it does not hold after ${atMost} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - started;
}
