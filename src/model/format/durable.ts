import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

export interface FileDigest {
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/**
 * Creates a file, and returns when it is safe on the disk. The digest is of the bytes that were meant to be written.
 *
 * @param chunks may view shared memory, and may be overwritten once the next one is asked for
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

/** Makes the names in a folder as safe as the files. Windows has no such call, and keeps names in its own journal. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  await using folder = await open(path, "r");
  await folder.sync();
}
