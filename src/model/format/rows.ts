import type { CheckedFile } from "./checked-file.ts";
import { openModelFile } from "./inspect.ts";
import { type Manifest, songsFile, vectorsFile } from "./manifest.ts";
import { expectTensors } from "./safetensors.ts";
import { type Song, decodeSongs } from "./songs.ts";

/** Songs that follow each other, the most played first. */
export interface RowBatch {
  readonly songs: readonly Song[];
  /** [songs, vectorSize], good until the next are asked for. */
  readonly vectors: Float32Array;
}

const chunkBytes = 1 << 18;

/**
 * The vectors of a model on the disk: a file at its input vectors, which the output vectors follow where the model has them.
 *
 * @throws MODEL_DAMAGED with the file named where it has anything else
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

/** The songs of a model on the disk. @throws MODEL_DAMAGED with the file and the line named, at their end if not before */
export async function* streamSongs(folder: string, manifest: Manifest): AsyncGenerator<Song> {
  await using file = await openModelFile(folder, manifest, songsFile);
  yield* decodeSongs(file, manifest.songs);
  file.verify();
}

/**
 * The rows of a model on the disk, some at a time: never more than a megabyte or two of it is in memory. Whether every
 * byte of both files is right is known once they have ended.
 *
 * @param matrix `output` only where the model has one
 * @throws MODEL_DAMAGED with the file named
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

/** Some rows of a matrix, from the row `first` on: [rows, vectorSize], good until the next are asked for. */
export interface VectorBlock {
  readonly matrix: "input" | "output";
  readonly first: number;
  readonly vectors: Float32Array;
}

/**
 * The vectors of a model on the disk. Whether every byte is right is known once they have ended.
 *
 * @param matrices which of those that the model has, input first
 * @param most rows of a block; by default those of 256 KB
 * @throws MODEL_DAMAGED with the file named
 */
export async function* readVectors(
  folder: string,
  manifest: Manifest,
  matrices: readonly ("input" | "output")[],
  most = Math.max(1, Math.floor(chunkBytes / (manifest.vectorSize * 4))),
): AsyncGenerator<VectorBlock> {
  const { songs, vectorSize, outputVectors } = manifest;
  await using file = await openVectors(folder, manifest);
  const block = new Float32Array(Math.min(most, songs) * vectorSize);
  for (const matrix of outputVectors ? (["input", "output"] as const) : (["input"] as const)) {
    for (let first = 0; first < songs; first += most) {
      const vectors = block.subarray(0, Math.min(most, songs - first) * vectorSize);
      await file.read(new Uint8Array(vectors.buffer, 0, vectors.byteLength));
      if (matrices.includes(matrix)) yield { matrix, first, vectors };
    }
  }
  file.verify();
}
