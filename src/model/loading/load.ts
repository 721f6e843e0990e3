import { Song2vecError } from "../../errors.ts";
import { inspectModel } from "../format/inspect.ts";
import { placeModel } from "../memory/layout.ts";
import { readInThread } from "./load-threads.ts";
import { type IndexSetting, usesIndex } from "../format/index-setting.ts";
import type { Model } from "../model.ts";
import { createPace } from "../pace.ts";
import { readModel } from "./read.ts";
import type { Versions } from "../format/versions.ts";
import { songTable } from "../format/songs.ts";

export interface LoadOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds after which loading on this thread lets the event loop turn. */
  readonly yieldEvery?: number;
  /** Whether vectors are kept as they are, where they fit into 4 GiB; by default they are. Else scores are those of vectors in bytes. */
  readonly exact?: boolean;
  /** Whether its index is read: by default not, since it is for those who search the input vectors again and again. */
  readonly index?: IndexSetting;
  /** Whether a thread reads and checks the files; by default where they are large. */
  readonly thread?: boolean;
  /** How much such threads let others go first, 0 to 19; 0 by default. */
  readonly niceness?: number;
}

/** Bytes above which a thread is worth its start. */
const large = 16 << 20;

/**
 * Loads the model of a folder beside whatever else its thread does, and checks all of it first: no byte that differs
 * from what was written, and no value that is not finite, gets through.
 *
 * @throws MODEL_NOT_FOUND without the folder, MODEL_DAMAGED with the file named, the signal's reason when aborted
 */
export async function loadModel(
  folder: string,
  version: number,
  { signal, yieldEvery, exact = true, index = "scan", thread, niceness = 0 }: LoadOptions = {},
): Promise<Model> {
  signal?.throwIfAborted();
  const manifest = await inspectModel(folder);
  const bytes = Object.values(manifest.files).reduce((sum, { size }) => sum + size, 0);
  const task = { folder, manifest, exact, index: usesIndex(manifest, index) };
  const parts =
    (thread ?? bytes > large)
      ? await readInThread({ ...task, niceness }, signal)
      : await readModel(task, createPace(yieldEvery, signal));
  const { memory, shape, songs, untrained, hasTree, playlists, companions, playlistIndex } = parts;
  const { chunk: _, ...place } = placeModel(memory, shape);
  return {
    version,
    manifest,
    ...songTable(songs),
    vectorSize: manifest.vectorSize,
    hasTree,
    ...place,
    untrained: untrained && songTable(untrained),
    playlists,
    companions,
    playlistIndex,
  };
}

/** @throws MODEL_NOT_FOUND, MODEL_DAMAGED with the file named, the signal's reason when aborted */
export async function loadVersion(versions: Versions, version: number, options?: LoadOptions): Promise<Model> {
  return loadModel(versions.folderOf(version), version, options);
}

/**
 * Loads the newest valid version, if there is one.
 *
 * @param onDamaged called for each newer version, which is skipped because it is damaged
 */
export async function loadNewest(
  versions: Versions,
  options: LoadOptions = {},
  onDamaged: (version: number, error: Song2vecError) => void = () => {},
): Promise<Model | undefined> {
  for (const { version } of (await versions.list()).toReversed()) {
    try {
      return await loadVersion(versions, version, options);
    } catch (error) {
      if (!(error instanceof Song2vecError)) throw error;
      if (error.code === "MODEL_DAMAGED") onDamaged(version, error);
      else if (error.code !== "MODEL_NOT_FOUND") throw error;
    }
  }
  return undefined;
}
