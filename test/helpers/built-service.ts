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

/** The built service as a process of its own, on a free port, with a model. */
export interface BuiltService extends Running {
  readonly port: number;
  /** Milliseconds from the start until it served a model. */
  readonly readyAfter: number;
  /** Resident memory in MiB. */
  memory(): number;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** A data folder that one built service after the other is started on. */
export interface DataFolder {
  readonly folder: string;
  readonly dataDir: string;
  /** Of two groups of songs; a trained model is of these. */
  readonly playlists: string;
  /** @param options of Node */
  start(environment?: Readonly<Record<string, string>>, options?: readonly string[]): Promise<BuiltService>;
}

export interface DataFolderOptions {
  /** The model that all tests share, random vectors, or none: then the first start trains one. */
  readonly model?: "trained" | "none" | { readonly songs: number; readonly vectorSize: number };
  readonly dataDir?: string;
}

export interface BuiltOptions extends DataFolderOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly options?: readonly string[];
}

const randomModel = { songs: 1000, vectorSize: 16 };

/** Started on a data folder of its own, with random vectors by default; it ends with the test. */
export async function startBuilt(
  { environment, options, ...rest }: BuiltOptions = {},
  onEnd: (end: () => Promise<void>) => unknown = onTestFinished,
) {
  const { start, dataDir } = await createDataFolder({ model: randomModel, ...rest }, onEnd);
  return { ...(await start(environment, options)), dataDir };
}

/** One for all tests of a file: it is there once they run. */
export function useBuilt(options: BuiltOptions = {}): () => BuiltService {
  let service: BuiltService | undefined;
  let end: () => unknown = () => {};
  beforeAll(async () => {
    service = await startBuilt(options, (close) => (end = close));
  });
  afterAll(() => end());
  return () => service ?? expect.unreachable("no test runs yet");
}

/** The data folder goes when the test ends, and with it every service on it. */
export async function createDataFolder(
  { model = "trained", dataDir }: DataFolderOptions = {},
  onEnd: (end: () => Promise<void>) => unknown = onTestFinished,
): Promise<DataFolder> {
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
