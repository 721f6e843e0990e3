import { exportModel, type ExportOptions } from "../../../src/model/interchange/export.ts";
import type { ImportFile } from "../../../src/model/interchange/import-word2vec.ts";
import type { Versions } from "../../../src/model/format/versions.ts";

/** Exports a version to a buffer. */
export async function exportToBuffer(versions: Versions, options: ExportOptions, version = 1): Promise<Buffer> {
  const { folder, manifest } = await versions.find(version);
  const chunks: Uint8Array[] = [];
  for await (const chunk of exportModel(folder, manifest, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** @param pieceBytes size of the chunks that the file is read in */
export function fileOf(content: Uint8Array | string, name = "vectors", pieceBytes = 1 << 16): ImportFile {
  const bytes = Buffer.from(content);
  return {
    name,
    async *open() {
      for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
    },
  };
}
