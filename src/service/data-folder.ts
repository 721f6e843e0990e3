import { access, constants, mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { playlistFormatSchema } from "../corpus/readers/plays.ts";
import { writeSample } from "../corpus/sample/sample.ts";
import type { Config } from "../config.ts";
import { createError, messageOf } from "../errors.ts";
import { type FileLock, lockFile } from "../model/format/file-lock.ts";
import { openVersions, type Versions } from "../model/format/versions.ts";
import { openLocalStore } from "../store/local/local-store.ts";
import type { Store } from "../store/store.ts";
import type { PlaylistSource } from "../training/pipeline/events.ts";

/**
 * Opens the model versions of a data directory, which is created if it does not exist.
 * @throws DATA_DIR_UNUSABLE
 */
export async function openDataFolder(dataDir: string): Promise<Versions> {
  try {
    await createFolder(resolve(dataDir));
    const versions = await openVersions(join(dataDir, "models"));
    await access(join(dataDir, "models"), constants.W_OK);
    return versions;
  } catch (error) {
    throw createError("DATA_DIR_UNUSABLE", { path: dataDir, reason: messageOf(error) }, { cause: error });
  }
}

/** Unlike `mkdir` with `recursive`, it ends in file systems without new folders, as /proc. */
async function createFolder(path: string): Promise<void> {
  if (await exists(path)) return;
  if (path !== dirname(path)) await createFolder(dirname(path));
  await mkdir(path).catch(async (error: unknown) => {
    if (!(await exists(path))) throw error;
  });
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Milliseconds that a start waits for another server to stop, and between two attempts. */
const maxLockWait = 15_000;
const lockInterval = 100;

/**
 * Locks a data directory against other servers.
 *
 * @param onWait called once if another server holds the lock
 * @throws DATA_DIR_IN_USE after 15 s, DATA_DIR_UNUSABLE
 */
export async function lockDataFolder(dataDir: string, onWait: (seconds: number) => void): Promise<FileLock> {
  const started = performance.now();
  for (let tries = 0; ; tries++) {
    const lock = tryLock(dataDir);
    if (lock) return lock;
    if (tries === 0) onWait(maxLockWait / 1000);
    if (performance.now() - started > maxLockWait) throw createError("DATA_DIR_IN_USE", { path: dataDir });
    await setTimeout(lockInterval);
  }
}

function tryLock(dataDir: string): FileLock | undefined {
  try {
    return lockFile(join(resolve(dataDir), "server.lock"));
  } catch (error) {
    throw createError("DATA_DIR_UNUSABLE", { path: dataDir, reason: messageOf(error) }, { cause: error });
  }
}

/** @throws DATA_DIR_UNUSABLE */
export async function openStore(dataDir: string): Promise<Store> {
  try {
    return await openLocalStore(dataDir);
  } catch (error) {
    throw createError("DATA_DIR_UNUSABLE", { path: dataDir, reason: messageOf(error) }, { cause: error });
  }
}

/** Number of stored playlists from which they replace the synthetic sample. */
const enough = 100;

export async function trainsOnSample({ playlists }: Config, store: Pick<Store, "playlists">): Promise<boolean> {
  return playlists.length === 0 && (await store.playlists.count()) < enough;
}

/**
 * Returns what to train on: PLAYLISTS or the synthetic sample, and the stored playlists. Enough of these replace the
 * sample.
 */
export async function playlistSource(
  config: Config,
  store: Pick<Store, "playlists">,
): Promise<PlaylistSource & { sample: boolean }> {
  const { playlists, catalogue, songIds } = config;
  const dataDir = resolve(config.dataDir);
  if (!(await trainsOnSample(config, store)))
    return { ...playlistFormatSchema.parse(config), playlists, catalogue, dataDir, sample: false };
  const sample = await sampleFiles(join(dataDir, "sample"));
  return { playlists: [sample.playlists], catalogue: sample.catalogue, songIds, dataDir, sample: true };
}

async function sampleFiles(folder: string): Promise<{ playlists: string; catalogue: string }> {
  const files = { playlists: join(folder, "playlists.csv"), catalogue: join(folder, "songs.csv") };
  const found = await Promise.all(Object.values(files).map(exists));
  return found.every(Boolean) ? files : writeSample(folder);
}
