import { type FileHandle, open, rm } from "node:fs/promises";
import type { Snapshots } from "../../word2vec/best-epoch.ts";

const chunkBytes = 16 << 20;

/** Keeps snapshots in a temporary file, without fsync. */
export function createSnapshotFile(path: string): Snapshots & { remove(): Promise<void> } {
  return {
    async save(matrices) {
      await using file = await open(path, "w");
      for (const chunk of chunksOf(matrices)) await writeAll(file, chunk);
    },
    async restore(matrices) {
      await using file = await open(path, "r");
      for (const chunk of chunksOf(matrices)) await readAll(file, chunk);
    },
    remove: () => rm(path, { force: true }),
  };
}

function* chunksOf(matrices: readonly Float32Array[]): Generator<Uint8Array> {
  for (const { buffer, byteOffset, byteLength } of matrices) {
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length;) done += (await file.write(chunk, done)).bytesWritten;
}

async function readAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    const { bytesRead } = await file.read(chunk, done);
    if (bytesRead === 0) throw new RangeError("Snapshot file is truncated.");
    done += bytesRead;
  }
}
