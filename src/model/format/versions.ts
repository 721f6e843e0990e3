import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { createError, Song2vecError } from "../../errors.ts";
import { syncFolder } from "./durable.ts";
import { type FileLock, lockFile } from "./file-lock.ts";
import { inspectModel } from "./inspect.ts";
import type { Manifest } from "./manifest.ts";

/** A version on the disk: its manifest, or what is wrong with it. */
export type Version =
  { readonly version: number; readonly manifest: Manifest } | { readonly version: number; readonly problem: string };

/** The versions of a model: folders named 1, 2, 3 …, each written in a staging folder and then renamed. */
export interface Versions {
  /** An empty folder to write the next version into. */
  createStaging(): Promise<string>;
  /** Makes a staging folder the newest version, and returns its number; by then it survives a power cut. */
  publish(staging: string): Promise<number>;
  discard(staging: string): Promise<void>;
  /** Removes a version; its number is not given again. @throws MODEL_NOT_FOUND */
  remove(version: number): Promise<void>;
  /** Removes what processes left behind that have ended; returns how many folders. Only for the holder of the data folder. */
  removeStaleStaging(): Promise<number>;
  /** Ascending. Damage that only a reading of the vectors would show is not looked for. */
  list(): Promise<Version[]>;
  /** Where a version lies and what its manifest says. @throws MODEL_NOT_FOUND, MODEL_DAMAGED with the file named */
  find(version: number): Promise<{ readonly folder: string; readonly manifest: Manifest }>;
  /** Where a version lies, if there is one. @throws MODEL_NOT_FOUND for a number that no version can have */
  folderOf(version: number): string;
}

const removedPattern = /^\.removed-([1-9]\d{0,8})$/;
const stagingPattern = /^\.staging-[0-9a-f-]+$/;

/** Locks on the staging folders that this process uses. They stay until it ends, even if nothing refers to its `Versions` any more. */
const locks = new Map<string, FileLock>();

/** @param folder is made if need be */
export async function openVersions(folder: string): Promise<Versions> {
  const root = resolve(folder);
  await mkdir(root, { recursive: true });
  await syncFolder(dirname(root));

  async function numbers(): Promise<number[]> {
    const versions = (await readdir(root)).map(parseVersion).filter((version) => version !== undefined);
    return versions.toSorted((a, b) => a - b);
  }

  /** Of the versions that there are, and of those that were removed. */
  async function highestNumber(): Promise<number> {
    const removed = (await readdir(root)).map((name) => Number(removedPattern.exec(name)?.[1] ?? 0));
    return Math.max((await numbers()).at(-1) ?? 0, ...removed);
  }

  /** Remembers a number by the name of an empty file. */
  async function rememberNumber(version: number): Promise<void> {
    const older = (await readdir(root)).filter((name) => removedPattern.test(name));
    await writeFile(join(root, `.removed-${version}`), "");
    await syncFolder(root);
    for (const name of older) if (name !== `.removed-${version}`) await rm(join(root, name), { force: true });
  }

  function checkStaging(staging: string): void {
    if (dirname(staging) !== root || !stagingPattern.test(basename(staging)))
      throw new RangeError(`${staging} is not a staging folder of ${root}`);
  }

  /** @returns a staging folder to be made */
  function lockedName(): string {
    for (;;) {
      const staging = join(root, stagingName());
      const lock = lockFile(lockOf(staging));
      if (!lock) continue; // somebody who cleans up has it
      locks.set(staging, lock);
      return staging;
    }
  }

  async function unlock(staging: string): Promise<void> {
    locks.get(staging)?.release();
    locks.delete(staging);
    await rm(lockOf(staging), { force: true }).catch(() => {}); // the next server removes it
  }

  function folderOf(version: number): string {
    if (parseVersion(String(version)) === undefined) throw createError("MODEL_NOT_FOUND", { version: String(version) });
    return join(root, String(version));
  }

  return {
    async createStaging() {
      const staging = lockedName();
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
        if (!(await renamed(staging, join(root, String(version))))) continue;
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
      if (version === (await highestNumber())) await rememberNumber(version);
      const removed = join(root, stagingName());
      await rename(folder, removed);
      await syncFolder(root);
      await rm(removed, { recursive: true, force: true });
    },

    async removeStaleStaging() {
      const names = await readdir(root);
      const folders = names.filter((name) => stagingPattern.test(name));
      const ofLocks = names.filter((name) => name.endsWith(lockEnd)).map((name) => name.slice(0, -lockEnd.length));
      let removed = 0;
      for (const name of new Set([...folders, ...ofLocks.filter((name) => stagingPattern.test(name))])) {
        const lock = lockFile(lockOf(join(root, name)));
        if (!lock) continue;
        try {
          await rm(join(root, name), { recursive: true, force: true, maxRetries: 5 }); // its trainer may live for half a second
        } finally {
          lock.release();
        }
        await rm(lockOf(join(root, name)), { force: true });
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

/** A version's number from its name; undefined for any other text, paths among them. */
export function parseVersion(text: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

const lockEnd = ".lock";

function stagingName(): string {
  return `.staging-${randomBytes(8).toString("hex")}`;
}

function lockOf(staging: string): string {
  return `${staging}${lockEnd}`;
}

async function renamed(from: string, to: string): Promise<boolean> {
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
