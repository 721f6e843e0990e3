import type { CheckedFile } from "./checked-file.ts";
import { openModelFile } from "./inspect.ts";
import { type Manifest, songsFile, vectorsFile } from "./manifest.ts";
import { expectTensors } from "./safetensors.ts";
import { type Song, decodeSongs } from "./songs.ts";

/** Consecutive songs and their vectors. */
export interface RowBatch {
  readonly songs: readonly Song[];
  /** [songs, vectorSize], valid until the next batch is requested. */
  readonly vectors: Float32Array;
}

const chunkBytes = 1 << 18;

/**
 * Opens the vectors of a model.
 *
 * @returns the file, positioned at the input vectors; the output vectors follow if the model has them
 * @throws MODEL_DAMAGED if it has other tensors
 */
export async function openVectors(folder: string, manifest: Manifest): Promise<CheckedFile> {
  const { songs, vectorSize, outputVectors } = manifest;
  await using opened = new AsyncDisposableStack();
  const file = opened.use(await openModelFile(folder, manifest, vectorsFile));
  const names = outputVectors ? ["input", "output"] : ["input"];
  await expectTensors(file, names.map((name) => `${name} F32 [${songs}, ${vectorSize}]`).join(", "));
  opened.move();
  return file;
}

/**
 * Reads the songs of a model.
 *
 * @throws MODEL_DAMAGED with the line; a wrong checksum is only detected after the last song
 */
export async function* streamSongs(folder: string, manifest: Manifest): AsyncGenerator<Song> {
  await using file = await openModelFile(folder, manifest, songsFile);
  yield* decodeSongs(file, manifest.songs);
  file.verify();
}

/**
 * Reads songs and vectors of a model in batches, with at most about 2 MiB in memory.
 *
 * @param matrix `output` only if the model has output vectors
 * @throws MODEL_DAMAGED; a wrong checksum is only detected after the last batch
 */
export async function* readRows(
  folder: string,
  manifest: Manifest,
  matrix: "input" | "output",
): AsyncGenerator<RowBatch> {
  await using songs = streamSongs(folder, manifest);
  for await (const { vectors } of readVectors(folder, manifest, [matrix])) {
    const batch: Song[] = [];
    while (batch.length * manifest.vectorSize < vectors.length) {
      const { value, done } = await songs.next();
      if (done) break;
      batch.push(value);
    }
    yield { songs: batch, vectors };
  }
  await songs.next();
}

/** Consecutive rows of a matrix. */
export interface VectorBlock {
  readonly matrix: "input" | "output";
  /** The first row of the block */
  readonly first: number;
  /** [rows, vectorSize], valid until the next block is requested. */
  readonly vectors: Float32Array;
}

/**
 * Reads the vectors of a model in blocks, input vectors first.
 *
 * @param matrices the matrices to yield
 * @param maxRows rows of a block; by default 256 KiB of vectors
 * @throws MODEL_DAMAGED; a wrong checksum is only detected after the last block
 */
export async function* readVectors(
  folder: string,
  manifest: Manifest,
  matrices: readonly ("input" | "output")[],
  maxRows = Math.max(1, Math.floor(chunkBytes / (manifest.vectorSize * 4))),
): AsyncGenerator<VectorBlock> {
  const { songs, vectorSize, outputVectors } = manifest;
  await using file = await openVectors(folder, manifest);
  const block = new Float32Array(Math.min(maxRows, songs) * vectorSize);
  for (const matrix of outputVectors ? (["input", "output"] as const) : (["input"] as const)) {
    for (let first = 0; first < songs; first += maxRows) {
      const vectors = block.subarray(0, Math.min(maxRows, songs - first) * vectorSize);
      await file.read(new Uint8Array(vectors.buffer, 0, vectors.byteLength));
      if (matrices.includes(matrix)) yield { matrix, first, vectors };
    }
  }
  file.verify();
}
