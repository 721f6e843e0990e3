import { join } from "node:path";
import { exportModel, type ExportOptions } from "../../../src/model/interchange/export.ts";
import type { ImportFile } from "../../../src/model/interchange/import-word2vec.ts";
import { openVersions, type Versions } from "../../../src/model/format/versions.ts";
import { temporaryFolder } from "../small-models.ts";

/** A version as one buffer in another format. */
export async function exported(versions: Versions, options: ExportOptions, version = 1): Promise<Buffer> {
  const { folder, manifest } = await versions.find(version);
  const chunks: Uint8Array[] = [];
  for await (const chunk of exportModel(folder, manifest, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Bytes as a file that is read some at a time. */
export function fileOf(content: Uint8Array | string, name = "vectors", pieceBytes = 1 << 16): ImportFile {
  const bytes = Buffer.from(content);
  return {
    name,
    async *open() {
      for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
    },
  };
}

/** Publishes what an import writes, in a models folder of its own. */
export async function published<T>(
  write: (staging: string) => Promise<T>,
): Promise<{ versions: Versions; folder: string; summary: T }> {
  const folder = join(await temporaryFolder(), "models");
  const versions = await openVersions(folder);
  const staging = await versions.createStaging();
  const summary = await write(staging);
  await versions.publish(staging);
  return { versions, folder, summary };
}
