import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { createError, Song2vecError } from "../../errors.ts";
import { syncFolder } from "./durable.ts";
import { type FileLock, lockFile } from "./file-lock.ts";
import { inspectModel } from "./inspect.ts";
import type { Manifest } from "./manifest.ts";

/** A version on disk: its manifest, or the reason why it is corrupt. */
export type Version =
  { readonly version: number; readonly manifest: Manifest } | { readonly version: number; readonly problem: string };

/** The versions of a model: folders named 1, 2, 3 …, each written to a staging folder and then renamed. */
export interface Versions {
  /** @returns an empty, locked folder to write the next version to */
  createStaging(): Promise<string>;
  /** Makes a staging folder the newest version, durably. @returns its number */
  publish(staging: string): Promise<number>;
  discard(staging: string): Promise<void>;
  /** Removes a version. Its number is never reused. @throws MODEL_NOT_FOUND */
  remove(version: number): Promise<void>;
  /**
   * Removes staging folders of processes that have ended; requires the lock of the data directory.
   *
   * @returns their number
   */
  removeStaleStaging(): Promise<number>;
  /** Ascending. Checks manifests and file sizes only, not checksums of the other files. */
  list(): Promise<Version[]>;
  /** @throws MODEL_NOT_FOUND, MODEL_DAMAGED */
  find(version: number): Promise<{ readonly folder: string; readonly manifest: Manifest }>;
  /** Does not check that the version exists. @throws MODEL_NOT_FOUND for an invalid version number */
  folderOf(version: number): string;
}

const removedPattern = /^\.removed-([1-9]\d{0,8})$/;
const stagingPattern = /^\.staging-[0-9a-f-]+$/;

/** Locks on the staging folders of this process. Module state, so that they outlive their `Versions` object. */
const locks = new Map<string, FileLock>();

/** @param folder created if it does not exist */
export async function openVersions(folder: string): Promise<Versions> {
  const root = resolve(folder);
  await mkdir(root, { recursive: true });
  await syncFolder(dirname(root));

  async function numbers(): Promise<number[]> {
    const versions = (await readdir(root)).map(parseVersion).filter((version) => version !== undefined);
    return versions.toSorted((a, b) => a - b);
  }

  /** The highest number of all versions, including removed ones. */
  async function highestNumber(): Promise<number> {
    const removed = (await readdir(root)).map((name) => Number(removedPattern.exec(name)?.[1] ?? 0));
    return Math.max((await numbers()).at(-1) ?? 0, ...removed);
  }

  /** Stores the number of a removed version as the name of an empty file. */
  async function recordRemoved(version: number): Promise<void> {
    const older = (await readdir(root)).filter((name) => removedPattern.test(name));
    await writeFile(join(root, `.removed-${version}`), "");
    await syncFolder(root);
    for (const name of older) if (name !== `.removed-${version}`) await rm(join(root, name), { force: true });
  }

  function checkStaging(staging: string): void {
    if (dirname(staging) !== root || !stagingPattern.test(basename(staging)))
      throw new RangeError(`${staging} is not a staging folder of ${root}`);
  }

  /** @returns the locked path of a staging folder to be created */
  function lockStagingPath(): string {
    for (;;) {
      const staging = join(root, stagingName());
      const lock = lockFile(lockPath(staging));
      if (!lock) continue; // another process is cleaning up
      locks.set(staging, lock);
      return staging;
    }
  }

  async function unlock(staging: string): Promise<void> {
    locks.get(staging)?.release();
    locks.delete(staging);
    await rm(lockPath(staging), { force: true }).catch(() => {}); // removed by `removeStaleStaging` otherwise
  }

  function folderOf(version: number): string {
    if (parseVersion(String(version)) === undefined) throw createError("MODEL_NOT_FOUND", { version: String(version) });
    return join(root, String(version));
  }

  return {
    async createStaging() {
      const staging = lockStagingPath();
      try {
        await mkdir(staging);
      } catch (error) {
        await unlock(staging);
        throw error;
      }
      return staging;
    },

    async publish(staging) {
      checkStaging(staging);
      for (;;) {
        const version = (await highestNumber()) + 1;
        if (!(await tryRename(staging, join(root, String(version))))) continue;
        await syncFolder(root);
        await unlock(staging);
        return version;
      }
    },

    async discard(staging) {
      checkStaging(staging);
      await rm(staging, { recursive: true, force: true });
      await unlock(staging);
    },

    async remove(version) {
      const folder = folderOf(version);
      if (!(await numbers()).includes(version)) throw createError("MODEL_NOT_FOUND", { version: String(version) });
      if (version === (await highestNumber())) await recordRemoved(version);
      const removed = join(root, stagingName());
      await rename(folder, removed);
      await syncFolder(root);
      await rm(removed, { recursive: true, force: true });
    },

    async removeStaleStaging() {
      const names = await readdir(root);
      const folders = names.filter((name) => stagingPattern.test(name));
      const locked = names.filter((name) => name.endsWith(lockSuffix)).map((name) => name.slice(0, -lockSuffix.length));
      let removed = 0;
      for (const name of new Set([...folders, ...locked.filter((name) => stagingPattern.test(name))])) {
        const lock = lockFile(lockPath(join(root, name)));
        if (!lock) continue;
        try {
          // with retries, because its trainer may still be ending
          await rm(join(root, name), { recursive: true, force: true, maxRetries: 5 });
        } finally {
          lock.release();
        }
        await rm(lockPath(join(root, name)), { force: true });
        if (folders.includes(name)) removed += 1;
      }
      return removed;
    },

    async list() {
      const versions: Version[] = [];
      for (const version of await numbers()) {
        try {
          versions.push({ version, manifest: await inspectModel(join(root, String(version))) });
        } catch (error) {
          if (isCode(error, "MODEL_DAMAGED")) versions.push({ version, problem: error.message });
          else if (!isCode(error, "MODEL_NOT_FOUND")) throw error;
        }
      }
      return versions;
    },

    async find(version) {
      const folder = folderOf(version);
      return { folder, manifest: await inspectModel(folder) };
    },

    folderOf,
  };
}

/** @returns the number of a version, or undefined if the text is not a version number */
export function parseVersion(text: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

const lockSuffix = ".lock";

function stagingName(): string {
  return `.staging-${randomBytes(8).toString("hex")}`;
}

function lockPath(staging: string): string {
  return `${staging}${lockSuffix}`;
}

/** @returns whether the target was free */
async function tryRename(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (["EEXIST", "ENOTEMPTY", "ENOTDIR", "EISDIR"].some((code) => hasCode(error, code))) return false;
    throw error;
  }
}

function isCode(error: unknown, code: "MODEL_DAMAGED" | "MODEL_NOT_FOUND"): error is Song2vecError {
  return error instanceof Song2vecError && error.code === code;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
