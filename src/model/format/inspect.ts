import { readFile, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createError } from "../../errors.ts";
import { type CheckedFile, corruptFile, wrapReadErrors, openChecked } from "./checked-file.ts";
import type { FileDigest } from "./durable.ts";
import { type Manifest, manifestFile, manifestSchema } from "./manifest.ts";
import { decodeWithChecksum } from "./checksummed-json.ts";

const largestManifest = 16 << 20;

/**
 * The manifest of the model in a folder, after the checks that need no reading of the other files: that they are
 * there, and have the right size. Files that the manifest does not name, or that are not known here, are ignored.
 *
 * @throws MODEL_NOT_FOUND without the folder, MODEL_DAMAGED with the file named
 */
export async function inspectModel(folder: string): Promise<Manifest> {
  const found = await filesIn(folder);
  if (!found.includes(manifestFile)) throw corruptFile(displayPath(folder, manifestFile), "it is missing");
  const manifest = await readManifest(folder);
  const expected = Object.entries(manifest.files).filter(
    (entry): entry is [string, FileDigest] => entry[1] !== undefined,
  );
  for (const [file, { size }] of expected) {
    const name = displayPath(folder, file);
    if (!found.includes(file)) throw corruptFile(name, "it is missing");
    const actual = await wrapReadErrors(name, () => stat(join(folder, file)));
    if (actual.size !== size) throw corruptFile(name, `it has ${actual.size} bytes and should have ${size}`);
  }
  return manifest;
}

/** A file of a model, to be read from its start. @throws MODEL_DAMAGED with the file named */
export function openModelFile(
  folder: string,
  { files }: Pick<Manifest, "files">,
  file: keyof Manifest["files"],
): Promise<CheckedFile> {
  const digest = files[file];
  if (!digest) throw new RangeError(`a model without ${file}`);
  return openChecked(join(folder, file), displayPath(folder, file), digest);
}

/** How errors name a file of a model: models/3/songs.jsonl, whatever lies above. */
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
    throw corruptFile([basename(dirname(folder)), basename(folder)].join("/"), "it is not a readable folder", error);
  }
}

async function readManifest(folder: string): Promise<Manifest> {
  const name = displayPath(folder, manifestFile);
  const path = join(folder, manifestFile);
  const { size } = await wrapReadErrors(name, () => stat(path));
  if (size > largestManifest) throw corruptFile(name, `it has ${size} bytes`);
  const content = decodeWithChecksum(await wrapReadErrors(name, () => readFile(path)), name);
  const { success, data, error } = manifestSchema.safeParse(content);
  if (!success) throw corruptFile(name, "it does not fit the schema", error);
  return data;
}
