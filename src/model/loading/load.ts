import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { Song2vecError } from "../../errors.ts";
import { corruptFile } from "../format/checked-file.ts";
import { type IndexSetting, shouldUseIndex } from "../format/index-setting.ts";
import { inspectModel } from "../format/inspect.ts";
import type { Versions } from "../format/versions.ts";
import { computeModelPqCodes } from "../memory/pq-codes.ts";
import { viewModel } from "../memory/layout.ts";
import { createSongTable } from "../memory/song-table.ts";
import type { Model } from "../model.ts";
import { type ModelParts, readModel, type ReadTask } from "./read.ts";

export interface LoadOptions {
  readonly signal?: AbortSignal;
  /** Whether vectors are kept as they are, where they fit into 4 GiB; by default they are. Else scores are those of vectors in bytes. */
  readonly exact?: boolean;
  /** Whether its index is read: by default not, since it is for those who search the input vectors again and again. */
  readonly index?: IndexSetting;
  /** Whether a worker thread reads the files; by default where they are large. */
  readonly thread?: boolean;
  /** The priority of that thread, see `lowerThreadPriority`; 0 by default. */
  readonly niceness?: number;
}

/** For the loading thread. */
export interface LoadTask extends ReadTask {
  readonly niceness: number;
}

/** What the loading thread posts. */
export type LoadResult =
  { readonly parts: ModelParts } | { readonly corrupt: { readonly file: string; readonly reason: string } };

/** Bytes above which a thread is worth its start. */
const large = 4 << 20;

/**
 * Loads the model of a folder, and checks all of it first: no byte that differs from what was written, and no value that is
 * not finite, gets through. A thread that loaded it goes on to make its PQ codes; where none did, they are made by then.
 *
 * @throws MODEL_NOT_FOUND without the folder, MODEL_DAMAGED with the file named, the signal's reason when aborted
 */
export async function loadModel(
  folder: string,
  version: number,
  { signal, exact = true, index = "scan", thread, niceness = 0 }: LoadOptions = {},
): Promise<Model> {
  const manifest = await inspectModel(folder);
  signal?.throwIfAborted();
  const bytes = Object.values(manifest.files).reduce((sum, { size }) => sum + size, 0);
  const task = { folder, manifest, exact, index: shouldUseIndex(manifest, index) };
  const parts =
    (thread ?? bytes > large) ? await readInThread({ ...task, niceness }, signal) : await readWithCodes(task);
  signal?.throwIfAborted();
  const { memory, shape, songs, untrained, ...rest } = parts;
  return {
    version,
    manifest,
    vectorSize: manifest.vectorSize,
    ...viewModel(memory, shape),
    ...createSongTable(songs),
    untrained: untrained && createSongTable(untrained),
    ...rest,
  };
}

async function readWithCodes(task: ReadTask): Promise<ModelParts> {
  const parts = await readModel(task);
  await computeModelPqCodes(parts);
  return parts;
}

async function readInThread(workerData: LoadTask, signal: AbortSignal | undefined): Promise<ModelParts> {
  const { promise, resolve, reject } = Promise.withResolvers<ModelParts>();
  const worker = new Worker(new URL(`./load-thread${extname(import.meta.url)}`, import.meta.url), { workerData });
  worker.once("message", (result: LoadResult) => {
    if ("parts" in result) resolve(result.parts);
    else reject(corruptFile(result.corrupt.file, result.corrupt.reason));
  });
  worker.on("error", reject);
  worker.once("exit", (code) => reject(new Error(`the loading thread ended with ${code}`)));
  const abort = () => reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const parts = await promise;
    worker.unref();
    return parts;
  } catch (error) {
    await worker.terminate();
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** @throws MODEL_NOT_FOUND, MODEL_DAMAGED with the file named, the signal's reason when aborted */
export async function loadVersion(versions: Versions, version: number, options?: LoadOptions): Promise<Model> {
  return loadModel(versions.folderOf(version), version, options);
}

/**
 * Loads the newest valid version, if there is one.
 *
 * @param onCorrupt called for each newer version, which is skipped because it is damaged
 */
export async function loadNewest(
  versions: Versions,
  options: LoadOptions = {},
  onCorrupt: (version: number, error: Song2vecError) => void = () => {},
): Promise<Model | undefined> {
  for (const { version } of (await versions.list()).toReversed()) {
    try {
      return await loadVersion(versions, version, options);
    } catch (error) {
      if (!(error instanceof Song2vecError)) throw error;
      if (error.code === "MODEL_DAMAGED") onCorrupt(version, error);
      else if (error.code !== "MODEL_NOT_FOUND") throw error;
    }
  }
  return undefined;
}
