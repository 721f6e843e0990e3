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
  /** Keep float32 vectors if they fit into 4 GiB, the default. Otherwise scores are those of int8 vectors. */
  readonly exact?: boolean;
  /** Whether to read the index; by default `scan`, since only repeated searches benefit from one. */
  readonly index?: IndexSetting;
  /** Read the files in a worker thread; by default if they exceed 4 MiB. */
  readonly thread?: boolean;
  /** Niceness of the worker thread, see `lowerThreadPriority`; 0 by default. */
  readonly niceness?: number;
}

export interface LoadTask extends ReadTask {
  readonly niceness: number;
}

/** Message of the loading thread. */
export type LoadResult =
  { readonly parts: ModelParts } | { readonly corrupt: { readonly file: string; readonly reason: string } };

/** Starting a thread takes longer than reading fewer bytes. */
const minThreadBytes = 4 << 20;

/**
 * Loads and verifies a model: checksums of all files, finite values, valid rows. A loading thread computes PQ codes
 * after it has posted the model; without a thread they are complete on return.
 *
 * @throws MODEL_NOT_FOUND, MODEL_DAMAGED, or the reason of the signal
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
    (thread ?? bytes > minThreadBytes) ? await readInThread({ ...task, niceness }, signal) : await readWithCodes(task);
  signal?.throwIfAborted();
  const { memory, shape, songs, untrained, ...rest } = parts;
  return {
    version,
    manifest,
    vectorSize: manifest.vectorSize,
    ...viewModel(memory, shape),
    ...createSongTable(songs, manifest.songIds),
    untrained: untrained && createSongTable(untrained, manifest.songIds),
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
  worker.once("exit", (code) => reject(new Error(`loading thread exited with code ${code}`)));
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

/** @throws MODEL_NOT_FOUND, MODEL_DAMAGED, or the reason of the signal */
export async function loadVersion(versions: Versions, version: number, options?: LoadOptions): Promise<Model> {
  return loadModel(versions.folderOf(version), version, options);
}

/**
 * Loads the newest valid version.
 *
 * @param onCorrupt called for each newer version that is skipped because it is corrupt
 * @returns undefined if no version is valid
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
