import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { createError, Song2vecError } from "../errors.ts";
import { syncFolder } from "./durable.ts";
import { inspectModel } from "./inspect.ts";
import { type LoadOptions, loadModel } from "./load.ts";
import type { Manifest, Model } from "./model.ts";

/** A version on the disk: its manifest, or what is wrong with it. */
export type Version =
  { readonly version: number; readonly manifest: Manifest } | { readonly version: number; readonly problem: string };

export interface LoadNewestOptions extends LoadOptions {
  /** Told of each version that is passed over because it is damaged. */
  readonly onDamaged?: (version: number, error: Song2vecError) => void;
}

/** The versions of a model: folders named 1, 2, 3 …, each written aside and then renamed whole into place. */
export interface Versions {
  /** An empty folder to write the next version into. */
  createStaging(): Promise<string>;
  /** Makes a staging folder the newest version, and returns its number; by then it survives a power cut. */
  publish(staging: string): Promise<number>;
  discard(staging: string): Promise<void>;
  /** Removes a version; its number is not given again. @throws MODEL_NOT_FOUND */
  remove(version: number): Promise<void>;
  /** Removes what processes left behind that are no more; returns how many. */
  removeStaleStaging(): Promise<number>;
  /** Ascending. Damage that only a reading of the vectors would show is not looked for. */
  list(): Promise<Version[]>;
  /** Where a version lies and what its manifest says. @throws MODEL_NOT_FOUND, MODEL_DAMAGED with the file named */
  find(version: number): Promise<{ readonly folder: string; readonly manifest: Manifest }>;
  /** @throws MODEL_NOT_FOUND, MODEL_DAMAGED with the file named */
  load(version: number, options?: LoadOptions): Promise<Model>;
  /** The newest sound version, if there is one. */
  loadNewest(options?: LoadNewestOptions): Promise<Model | undefined>;
}

const removedPattern = /^\.removed-([1-9]\d{0,8})$/;
const stagingPattern = /^\.staging-([1-9]\d*)-[0-9a-f]+$/;
const ownStaging = new Set<string>();

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

  function folderOf(version: number): string {
    if (parseVersion(String(version)) === undefined) throw createError("MODEL_NOT_FOUND", { version: String(version) });
    return join(root, String(version));
  }

  async function load(version: number, options?: LoadOptions): Promise<Model> {
    return loadModel(folderOf(version), version, options);
  }

  return {
    async createStaging() {
      const staging = join(root, stagingName());
      ownStaging.add(staging);
      await mkdir(staging);
      return staging;
    },

    async publish(staging) {
      checkStaging(staging);
      for (;;) {
        const version = (await highestNumber()) + 1;
        if (!(await renamed(staging, join(root, String(version))))) continue;
        ownStaging.delete(staging);
        await syncFolder(root);
        return version;
      }
    },

    async discard(staging) {
      checkStaging(staging);
      await rm(staging, { recursive: true, force: true });
      ownStaging.delete(staging);
    },

    async remove(version) {
      const folder = folderOf(version);
      if (!(await numbers()).includes(version)) throw createError("MODEL_NOT_FOUND", { version: String(version) });
      if (version === (await highestNumber())) await rememberNumber(version);
      const aside = join(root, stagingName());
      ownStaging.add(aside);
      await rename(folder, aside);
      await syncFolder(root);
      await rm(aside, { recursive: true, force: true });
      ownStaging.delete(aside);
    },

    async removeStaleStaging() {
      const stale = (await readdir(root)).filter((name) => stagingPattern.test(name) && !inUse(join(root, name)));
      for (const name of stale) await rm(join(root, name), { recursive: true, force: true });
      return stale.length;
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

    load,

    async loadNewest({ onDamaged, ...options } = {}) {
      for (const version of (await numbers()).toReversed()) {
        try {
          return await load(version, options);
        } catch (error) {
          if (isCode(error, "MODEL_DAMAGED")) onDamaged?.(version, error);
          else if (!isCode(error, "MODEL_NOT_FOUND")) throw error;
        }
      }
      return undefined;
    },
  };
}

/** A version's number from its name; undefined for any other text, paths among them. */
export function parseVersion(text: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

function stagingName(): string {
  return `.staging-${process.pid}-${randomBytes(6).toString("hex")}`;
}

function inUse(staging: string): boolean {
  const pid = Number(stagingPattern.exec(basename(staging))?.[1]);
  if (pid === process.pid) return ownStaging.has(staging);
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, "EPERM");
  }
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
