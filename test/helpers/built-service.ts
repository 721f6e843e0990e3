import { integerBelow } from "../../src/word2vec/random.ts";
import { readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, onTestFinished } from "vitest";
import { openVersions } from "../../src/model/format/versions.ts";
import { createRandom } from "../../src/word2vec/random.ts";
import { publishModel } from "../model/small-models.ts";
import { playlistsCsv } from "./playlists.ts";
import { main, type Running, serverOptions, startProgram, waitFor } from "./process.ts";

/** The built service with a model, in a separate process on a free port. */
export interface BuiltService extends Running {
  readonly port: number;
  /** Milliseconds from the start until a model was active. */
  readonly readyAfter: number;
  /** Resident memory in MiB. */
  memory(): number;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** A data directory for successive built services. */
export interface DataDirectory {
  readonly folder: string;
  readonly dataDir: string;
  /** CSV file of playlists from two groups of songs; the trained model is trained on it. */
  readonly playlists: string;
  /** @param options Node options */
  start(environment?: Readonly<Record<string, string>>, options?: readonly string[]): Promise<BuiltService>;
}

export interface DataDirectoryOptions {
  /** "trained": a copy of the shared model; an object: random vectors; "none": the first start trains a model. */
  readonly model?: "trained" | "none" | { readonly songs: number; readonly vectorSize: number };
  readonly dataDir?: string;
}

export interface BuiltOptions extends DataDirectoryOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly options?: readonly string[];
}

const randomModel = { songs: 1000, vectorSize: 16 };

/** Starts a built service on its own data directory, with random vectors by default; stops it after the test. */
export async function startBuiltService(
  { environment, options, ...rest }: BuiltOptions = {},
  onEnd: (end: () => Promise<void>) => unknown = onTestFinished,
) {
  const { start, dataDir } = await createDataDirectory({ model: randomModel, ...rest }, onEnd);
  return { ...(await start(environment, options)), dataDir };
}

/** Starts one built service for all tests of a file. */
export function useBuiltService(options: BuiltOptions = {}): () => BuiltService {
  let service: BuiltService | undefined;
  let end: () => unknown = () => {};
  beforeAll(async () => {
    service = await startBuiltService(options, (close) => (end = close));
  });
  afterAll(() => end());
  return () => service ?? expect.unreachable("no test runs yet");
}

/** Creates a data directory; deletes it and stops its services after the test. */
export async function createDataDirectory(
  { model = "trained", dataDir }: DataDirectoryOptions = {},
  onEnd: (end: () => Promise<void>) => unknown = onTestFinished,
): Promise<DataDirectory> {
  const folder = await mkdtemp(join(tmpdir(), "song2vec-faults-"));
  const data = dataDir ?? join(folder, "data");
  const playlists = join(folder, "playlists.csv");
  const running = new Set<Running>();
  onEnd(async () => {
    for (const { child, ended } of running) {
      child.kill("SIGKILL");
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  });
  await writeFile(playlists, playlistsCsv());
  if (model === "trained") await cp(join(inject("trained"), "groups"), data, { recursive: true });
  else if (model !== "none") await publishRandomModel(data, model);
  return {
    folder,
    dataDir: data,
    playlists,
    async start(environment = {}, options = []) {
      const started = performance.now();
      const program = startProgram([...serverOptions, ...options, main, "serve"], {
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
      await waitFor(program, /model (activated|loaded)/);
      return {
        ...program,
        port: Number(port),
        readyAfter: performance.now() - started,
        memory: () =>
          Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${program.child.pid}/status`, "utf8"))?.[1]) / 1024,
        async kill(signal = "SIGKILL") {
          program.child.kill(signal);
          await program.ended;
          running.delete(program);
        },
      };
    },
  };
}

async function publishRandomModel(dataDir: string, { songs, vectorSize }: typeof randomModel): Promise<void> {
  const random = createRandom(1, 2, 3);
  const versions = await openVersions(join(dataDir, "models"));
  await publishModel(versions, {
    songs: Array.from({ length: songs }, (_, i) => ({ id: `${i}`, count: songs - i })),
    input: Array.from({ length: songs }, () =>
      Array.from({ length: vectorSize }, () => integerBelow(2001, random) / 1000 - 1),
    ),
  });
}
