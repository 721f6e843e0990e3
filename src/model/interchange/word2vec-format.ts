import { escapeId } from "./id-escapes.ts";
import type { RowBatch } from "../format/rows.ts";
import type { Song } from "../format/songs.ts";

/** How many songs are written, of however many come. */
export interface MatrixShape {
  readonly songs: number;
  readonly vectorSize: number;
}

const chunkLength = 1 << 16;

/**
 * word2vec's binary format: the line `songs dimensions`, then for each song its id, a blank, and 32-bit floats, little-
 * endian. Since a blank ends an id, ids are escaped.
 */
export async function* word2vecBinary(shape: MatrixShape, rows: AsyncIterable<RowBatch>): AsyncGenerator<Uint8Array> {
  yield header(shape);
  let left = shape.songs;
  for await (const { songs, vectors } of firstOf(rows, shape)) {
    const parts: Uint8Array[] = [];
    for (const [i, { id }] of songs.slice(0, left).entries()) {
      const vector = vectors.subarray(i * shape.vectorSize, (i + 1) * shape.vectorSize);
      parts.push(Buffer.from(`${escapeId(id)} `), new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
    }
    left -= songs.length;
    yield Buffer.concat(parts);
  }
}

/** word2vec's text format: the same header, then a line for each song. Nine digits give every 32-bit float back. */
export async function* word2vecText(shape: MatrixShape, rows: AsyncIterable<RowBatch>): AsyncGenerator<Uint8Array> {
  yield header(shape);
  yield* vectorLines(shape, rows, " ", ({ id }) => `${escapeId(id)} `);
}

/** What the C tool's -save-vocab writes and gensim reads as `fvocab`: id and plays, a line for each song. */
export async function* word2vecVocabulary(
  { songs: most }: MatrixShape,
  songs: AsyncIterable<Song>,
): AsyncGenerator<Uint8Array> {
  yield* songLines(most, songs, ({ id, count }) => `${escapeId(id)} ${count}\n`);
}

/** A line for each vector: what `start` says of its song, and the values. */
export async function* vectorLines(
  shape: MatrixShape,
  rows: AsyncIterable<RowBatch>,
  separator: string,
  start: (song: Song) => string,
): AsyncGenerator<Uint8Array> {
  let text = "";
  let left = shape.songs;
  for await (const { songs, vectors } of firstOf(rows, shape)) {
    for (const [i, song] of songs.slice(0, left).entries()) {
      const values = Array.from(vectors.subarray(i * shape.vectorSize, (i + 1) * shape.vectorSize), digits);
      text += `${start(song)}${values.join(separator)}\n`;
      if (text.length < chunkLength) continue;
      yield Buffer.from(text);
      text = "";
    }
    left -= songs.length;
  }
  yield Buffer.from(text);
}

/** A line for each of the first songs. */
export async function* songLines(
  most: number,
  songs: AsyncIterable<Song>,
  line: (song: Song) => string,
): AsyncGenerator<Uint8Array> {
  let text = "";
  let row = 0;
  for await (const song of songs) {
    if (row++ >= most) continue;
    text += line(song);
    if (text.length < chunkLength) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(text);
}

/** The first rows; the others are read on, since their files are checked only as a whole. */
async function* firstOf(rows: AsyncIterable<RowBatch>, { songs }: MatrixShape): AsyncGenerator<RowBatch> {
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
