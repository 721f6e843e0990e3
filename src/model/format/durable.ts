import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

export interface FileDigest {
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/**
 * Creates a file and syncs it to disk.
 *
 * @param chunks may be views of shared memory; each may be overwritten once the next is requested
 * @returns the digest of the chunks, not of the file read back
 */
export async function writeDurably(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<FileDigest> {
  await using file = await open(path, "wx");
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    for (let written = 0; written < chunk.length;) {
      written += (await file.write(chunk, written)).bytesWritten;
    }
    size += chunk.length;
  }
  await file.sync();
  return { size, sha256: hash.digest("hex") };
}

/** Syncs the entries of a folder to disk. Windows has no such call; NTFS journals names itself. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  await using folder = await open(path, "r");
  await folder.sync();
}
