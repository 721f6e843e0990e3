import { readFile, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createError } from "../../errors.ts";
import { type CheckedFile, corruptFile, wrapReadErrors, openChecked } from "./checked-file.ts";
import type { FileDigest } from "./durable.ts";
import { type Manifest, manifestFile, manifestSchema } from "./manifest.ts";
import { decodeWithChecksum } from "./checksummed-json.ts";

const maxManifestBytes = 16 << 20;

/**
 * Reads and verifies the manifest of the model in a folder, and checks that its files exist and have the right size.
 * Files that the manifest or this version of song2vec does not know are ignored.
 *
 * @throws MODEL_NOT_FOUND if the folder does not exist, MODEL_DAMAGED
 */
export async function inspectModel(folder: string): Promise<Manifest> {
  const fileNames = await filesIn(folder);
  if (!fileNames.includes(manifestFile)) throw corruptFile(displayPath(folder, manifestFile), "file not found");
  const manifest = await readManifest(folder);
  const expected = Object.entries(manifest.files).filter(
    (entry): entry is [string, FileDigest] => entry[1] !== undefined,
  );
  for (const [file, { size }] of expected) {
    const name = displayPath(folder, file);
    if (!fileNames.includes(file)) throw corruptFile(name, "file not found");
    const actual = await wrapReadErrors(name, () => stat(join(folder, file)));
    if (actual.size !== size) throw corruptFile(name, `${actual.size} bytes instead of ${size}`);
  }
  return manifest;
}

/** Opens a file of a model. @throws MODEL_DAMAGED */
export function openModelFile(
  folder: string,
  { files }: Pick<Manifest, "files">,
  file: keyof Manifest["files"],
): Promise<CheckedFile> {
  const digest = files[file];
  if (!digest) throw new RangeError(`the model has no ${file}`);
  return openChecked(join(folder, file), displayPath(folder, file), digest);
}

/** @returns the name of a model file in errors, for example models/3/songs.jsonl */
export function displayPath(folder: string, file: string): string {
  return [basename(dirname(folder)), basename(folder), file].join("/");
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw createError("MODEL_NOT_FOUND", { version: basename(folder) }, { cause: error });
    }
    throw corruptFile([basename(dirname(folder)), basename(folder)].join("/"), "not a readable folder", error);
  }
}

async function readManifest(folder: string): Promise<Manifest> {
  const name = displayPath(folder, manifestFile);
  const path = join(folder, manifestFile);
  const { size } = await wrapReadErrors(name, () => stat(path));
  if (size > maxManifestBytes) throw corruptFile(name, `${size} bytes is too large`);
  const content = decodeWithChecksum(await wrapReadErrors(name, () => readFile(path)), name);
  const { success, data, error } = manifestSchema.safeParse(content);
  if (!success) throw corruptFile(name, "does not match the schema", error);
  return data;
}
