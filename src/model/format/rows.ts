import { join } from "node:path";
import { openChecked, type ReadableFile } from "./checked-file.ts";
import { nameIn } from "./inspect.ts";
import { type Manifest, songsFile, vectorsFile } from "./manifest.ts";
import type { Pace } from "../pace.ts";
import { readVectorsHeader } from "../loading/read.ts";
import { type Song, songsIn } from "./songs.ts";

/** Songs that follow each other, the most played first. */
export interface Rows {
  readonly songs: readonly Song[];
  /** [songs, vectorSize], good until the next are asked for. */
  readonly vectors: Float32Array;
}

const chunkBytes = 1 << 18;

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
  pace: Pace,
): AsyncGenerator<Rows> {
  const { songs, vectorSize, outputVectors } = manifest;
  const open = (file: typeof songsFile | typeof vectorsFile) =>
    openChecked(join(folder, file), nameIn(folder, file), manifest.files[file], pace);
  await using songsSource = await open(songsFile);
  await using vectorsSource = await open(vectorsFile);
  await readVectorsHeader(vectorsSource, manifest);
  if (matrix === "output") await skip(vectorsSource, songs * vectorSize * 4);

  const names = songsIn(songsSource, songs);
  const most = Math.min(songs, Math.max(1, Math.floor(chunkBytes / (vectorSize * 4))));
  const chunk = new Float32Array(most * vectorSize);
  for (let first = 0; first < songs; first += most) {
    const rows = Math.min(most, songs - first);
    const vectors = chunk.subarray(0, rows * vectorSize);
    await vectorsSource.read(new Uint8Array(vectors.buffer, 0, vectors.byteLength));
    const batch: Song[] = [];
    while (batch.length < rows) {
      if (pace.isOver()) await pace.rest();
      const { value, done } = await names.next();
      if (done) break;
      batch.push(value);
    }
    yield { songs: batch, vectors };
  }
  await names.next();
  if (matrix === "input" && outputVectors) await skip(vectorsSource, songs * vectorSize * 4);
  vectorsSource.verify();
}

/** Reads bytes for nothing but the checksum. */
async function skip(file: ReadableFile, bytes: number): Promise<void> {
  const chunk = new Uint8Array(Math.min(bytes, 4 * chunkBytes));
  for (let at = 0; at < bytes; at += chunk.length) await file.read(chunk.subarray(0, bytes - at));
}

/**
 * The input vectors of a model on the disk, `most` rows at a time, from the row `first` on.
 *
 * @throws MODEL_DAMAGED with the file named, once they have ended
 */
export async function* readInputVectors(
  folder: string,
  manifest: Manifest,
  most: number,
  pace: Pace,
): AsyncGenerator<{ first: number; vectors: Float32Array }> {
  const { songs, vectorSize, outputVectors } = manifest;
  await using file = await openChecked(
    join(folder, vectorsFile),
    nameIn(folder, vectorsFile),
    manifest.files[vectorsFile],
    pace,
  );
  await readVectorsHeader(file, manifest);
  const block = new Float32Array(Math.min(most, songs) * vectorSize);
  for (let first = 0; first < songs; first += most) {
    const vectors = block.subarray(0, Math.min(most, songs - first) * vectorSize);
    await file.read(new Uint8Array(vectors.buffer, 0, vectors.byteLength));
    yield { first, vectors };
  }
  if (outputVectors) await skip(file, songs * vectorSize * 4);
  file.verify();
}
