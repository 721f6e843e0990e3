import { escapeId } from "./id-escapes.ts";
import type { RowBatch } from "../format/rows.ts";
import type { Song } from "../format/songs.ts";

/** Number and dimensions of the vectors in a file. */
export interface MatrixShape {
  readonly songs: number;
  readonly vectorSize: number;
}

const chunkLength = 1 << 16;

/**
 * The binary format of word2vec: the line `songs dimensions`, then for each song its id, a space, and little-endian
 * float32 values. Ids are escaped, because a space ends an id.
 */
export async function* word2vecBinary(shape: MatrixShape, rows: AsyncIterable<RowBatch>): AsyncGenerator<Uint8Array> {
  yield header(shape);
  let left = shape.songs;
  for await (const { songs, vectors } of takeFirst(rows, shape)) {
    const parts: Uint8Array[] = [];
    for (const [i, { id }] of songs.slice(0, left).entries()) {
      const vector = vectors.subarray(i * shape.vectorSize, (i + 1) * shape.vectorSize);
      parts.push(Buffer.from(`${escapeId(id)} `), new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
    }
    left -= songs.length;
    yield Buffer.concat(parts);
  }
}

/** The text format of word2vec: the same header, then one line per song. Nine digits represent any float32 exactly. */
export async function* word2vecText(shape: MatrixShape, rows: AsyncIterable<RowBatch>): AsyncGenerator<Uint8Array> {
  yield header(shape);
  yield* vectorLines(shape, rows, " ", ({ id }) => `${escapeId(id)} `);
}

/** The vocabulary file of word2vec (`-save-vocab`; `fvocab` in gensim): one line per song with id and plays. */
export async function* word2vecVocabulary(
  { songs: limit }: MatrixShape,
  songs: AsyncIterable<Song>,
): AsyncGenerator<Uint8Array> {
  yield* songLines(limit, songs, ({ id, count }) => `${escapeId(id)} ${count}\n`);
}

/** One line per vector: the prefix for its song, then the values. */
export async function* vectorLines(
  shape: MatrixShape,
  rows: AsyncIterable<RowBatch>,
  separator: string,
  prefix: (song: Song) => string,
): AsyncGenerator<Uint8Array> {
  let text = "";
  let left = shape.songs;
  for await (const { songs, vectors } of takeFirst(rows, shape)) {
    for (const [i, song] of songs.slice(0, left).entries()) {
      const values = Array.from(vectors.subarray(i * shape.vectorSize, (i + 1) * shape.vectorSize), digits);
      text += `${prefix(song)}${values.join(separator)}\n`;
      if (text.length < chunkLength) continue;
      yield Buffer.from(text);
      text = "";
    }
    left -= songs.length;
  }
  yield Buffer.from(text);
}

/** One line for each of the first `limit` songs. */
export async function* songLines(
  limit: number,
  songs: AsyncIterable<Song>,
  line: (song: Song) => string,
): AsyncGenerator<Uint8Array> {
  let text = "";
  let row = 0;
  for await (const song of songs) {
    if (row++ >= limit) continue;
    text += line(song);
    if (text.length < chunkLength) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(text);
}

/** Yields the first rows but reads all, because checksums cover complete files. */
async function* takeFirst(rows: AsyncIterable<RowBatch>, { songs }: MatrixShape): AsyncGenerator<RowBatch> {
  let row = 0;
  for await (const batch of rows) {
    if (row < songs) yield batch;
    row += batch.songs.length;
  }
}

function header({ songs, vectorSize }: MatrixShape): Uint8Array {
  return Buffer.from(`${songs} ${vectorSize}\n`);
}

function digits(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(9);
}
