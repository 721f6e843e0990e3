import { isUtf8 } from "node:buffer";
import { type CheckedFile, damaged } from "./checked-file.ts";
import type { Pace } from "../pace.ts";
import { createPlainReader, hashOf, type PlainLine } from "./plain-line.ts";

/** A song of the model. */
export interface Song {
  readonly id: string;
  /** How often the training playlists play it; less than 2³². */
  readonly count: number;
  readonly title?: string;
  readonly artist?: string;
  /** What the further columns of the catalogue say of it. */
  readonly columns?: Readonly<Record<string, string>>;
}

/** Songs by row, read from their lines when asked for: as objects they would keep the garbage collector busy. */
export interface SongList extends Iterable<Song> {
  readonly length: number;
  /** The song of a row from 0, undefined beyond the last. */
  at(row: number): Song | undefined;
}

/** The row of each id. */
export interface SongRows extends Iterable<[id: string, row: number]> {
  readonly size: number;
  keys(): Iterable<string>;
  get(id: string): number | undefined;
}

export interface SongTable {
  readonly songs: SongList;
  readonly rows: SongRows;
  /** [V], never rising from row to row. */
  readonly counts: Uint32Array;
}

/** A table of songs in shared memory, so that one thread can make it and others read it. */
export interface SongBytes {
  /** songs.jsonl as it stands. */
  readonly text: Uint8Array;
  /** Where each line starts, and the end [V + 1]. */
  readonly starts: Uint32Array;
  readonly counts: Uint32Array;
  /** A hash table with open addressing: pairs of an id's hash and its row + 1, 0 where there is none [places, 2]; places is a power of 2. */
  readonly index: Uint32Array;
}

const chunkBytes = 1 << 20;
const longestLine = 1 << 20;
const largestFile = 2 ** 32 - 1;
const newline = 0x0a;

/** The lines of songs.jsonl, as UTF-8 in chunks; `onSong` is called for each song. */
export async function* songLines(
  songs: Iterable<Song> | AsyncIterable<Song>,
  onSong: (song: Song) => void,
): AsyncGenerator<Uint8Array> {
  let lines = "";
  for await (const song of songs) {
    onSong(song);
    const { id, count, title, artist, columns } = song;
    lines += `${JSON.stringify({ id, count, title, artist, columns })}\n`;
    if (lines.length < chunkBytes) continue;
    yield Buffer.from(lines);
    lines = "";
  }
  yield Buffer.from(lines);
}

/**
 * Reads and verifies songs.jsonl.
 *
 * @throws MODEL_DAMAGED with the file's name and the line
 */
export async function readSongs(file: CheckedFile, expected: number, pace: Pace): Promise<SongBytes> {
  if (expected > file.size) throw damaged(file.name, `it has ${file.size} bytes for ${expected} songs`);
  if (file.size > largestFile) throw damaged(file.name, `it has ${file.size} bytes`);
  const text = new Uint8Array(new SharedArrayBuffer(file.size));
  await file.read(text);
  file.verify();
  if (!isUtf8(text)) throw damaged(file.name, "it is not UTF-8");

  const songs: SongBytes = {
    text,
    starts: new Uint32Array(new SharedArrayBuffer((expected + 1) * 4)),
    counts: new Uint32Array(new SharedArrayBuffer(expected * 4)),
    index: new Uint32Array(new SharedArrayBuffer(2 ** Math.ceil(Math.log2(2 * expected + 1)) * 8)),
  };
  const { starts, counts, index } = songs;
  const bytes = Buffer.from(text.buffer);
  const plain = createPlainReader(text);
  let row = 0;
  for (let at = 0; at < text.length; row++) {
    if (pace.isOver()) await pace.rest();
    if (row === expected) throw damaged(file.name, `it has more than ${expected} songs`);
    const line = plain(at) ?? readLine(at);
    if (line.count > (counts[row - 1] ?? Infinity))
      throw damaged(file.name, `line ${row + 1} is played more often than the line before it`);
    let place = freePlace(index, line.hash);
    if (place < 0) place = placeOf(songs, bytes, parseSong(bytes.toString("utf8", at, line.end)).id);
    if (index[place + 1]) throw damaged(file.name, `line ${row + 1} repeats an id`);
    counts[row] = line.count;
    index[place] = line.hash;
    index[place + 1] = row + 1;
    at = line.end;
    starts[row + 1] = at;
  }
  if (row !== expected) throw damaged(file.name, `it has ${row} songs and should have ${expected}`);
  return songs;

  function readLine(at: number): PlainLine {
    const end = bytes.indexOf(newline, at);
    if (end < 0) throw damaged(file.name, "its last line does not end");
    const { id, count } = checkSong(bytes.toString("utf8", at, end), row, file);
    return { hash: hashOf(id), count, end: end + 1 };
  }
}

/** A table that reads what it is asked for from the bytes. */
export function songTable(songs: SongBytes): SongTable {
  const { text, starts, counts, index } = songs;
  const bytes = Buffer.from(text.buffer);
  const at = (row: number) => (row < counts.length ? parseSong(lineOf(bytes, starts, row)) : undefined);
  function* all(): Generator<Song> {
    for (let row = 0; row < counts.length; row++) yield parseSong(lineOf(bytes, starts, row));
  }
  return {
    counts,
    songs: { length: counts.length, at, [Symbol.iterator]: all },
    rows: {
      size: counts.length,
      get(id) {
        const found = index[placeOf(songs, bytes, id) + 1];
        return found ? found - 1 : undefined;
      },
      *keys() {
        for (const { id } of all()) yield id;
      },
      *[Symbol.iterator]() {
        let row = 0;
        for (const { id } of all()) yield [id, row++];
      },
    },
  };
}

/** Where an id with this hash would be put; −1 where there may be the same id already. */
function freePlace(index: Uint32Array, wanted: number): number {
  for (let place = (2 * wanted) % index.length; ; place = (place + 2) % index.length) {
    if (!index[place + 1]) return place;
    if (index[place] === wanted) return -1;
  }
}

/** Where an id stands in the index, or would be put. */
function placeOf({ starts, index }: SongBytes, bytes: Buffer, id: string): number {
  const wanted = hashOf(id);
  for (let place = (2 * wanted) % index.length; ; place = (place + 2) % index.length) {
    const row = (index[place + 1] ?? 0) - 1;
    if (row < 0) return place;
    if (index[place] !== wanted) continue;
    const start = starts[row] ?? 0;
    const quoted = Buffer.from(`{"id":${JSON.stringify(id)},`);
    if (bytes.compare(quoted, 0, quoted.length, start, Math.min(start + quoted.length, starts[row + 1] ?? 0)) === 0)
      return place;
    if (parseSong(lineOf(bytes, starts, row)).id === id) return place;
  }
}

function lineOf(bytes: Buffer, starts: Uint32Array, row: number): string {
  return bytes.toString("utf8", starts[row], (starts[row + 1] ?? 0) - 1);
}

/**
 * The songs of songs.jsonl one by one. The file is verified once they have ended, and only then.
 *
 * @throws MODEL_DAMAGED with the file's name and the line
 */
export async function* songsIn(file: CheckedFile, expected: number): AsyncGenerator<Song> {
  let row = 0;
  for await (const lines of lineBatches(file)) {
    for (const line of lines) {
      if (row++ < expected) yield checkSong(line, row - 1, file);
    }
  }
  if (row !== expected) throw damaged(file.name, `it has ${row} songs and should have ${expected}`);
  file.verify();
}

async function* lineBatches(file: CheckedFile): AsyncGenerator<string[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let rest = "";
  for (let position = 0; position < file.size; position += chunkBytes) {
    const chunk = new Uint8Array(Math.min(chunkBytes, file.size - position));
    await file.read(chunk);
    const lines = (rest + decode(decoder, chunk, position + chunkBytes < file.size, file)).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > longestLine) throw damaged(file.name, `a line longer than ${longestLine} characters`);
    yield lines;
  }
  if (rest !== "") throw damaged(file.name, "its last line does not end");
}

function decode(decoder: TextDecoder, chunk: Uint8Array, stream: boolean, file: CheckedFile): string {
  try {
    return decoder.decode(chunk, { stream });
  } catch (error) {
    throw damaged(file.name, "it is not UTF-8", error);
  }
}

function checkSong(line: string, row: number, file: CheckedFile): Song {
  try {
    return parseSong(line);
  } catch (error) {
    throw damaged(file.name, `line ${row + 1} is not a song`, error);
  }
}

function parseSong(line: string): Song {
  const song: unknown = JSON.parse(line);
  if (!isSong(song)) throw new SyntaxError("not a song");
  return song;
}

/** By hand: a schema takes as long as all the rest of reading the songs. */
function isSong(value: unknown): value is Song {
  if (typeof value !== "object" || value === null || !("id" in value) || !("count" in value)) return false;
  const { id, count } = value;
  if (typeof id !== "string" || id === "" || typeof count !== "number" || count !== count >>> 0) return false;
  const names = ["title" in value ? value.title : undefined, "artist" in value ? value.artist : undefined].filter(
    (name) => name !== undefined,
  );
  const columns = "columns" in value ? value.columns : undefined;
  return (
    names.every(isText) &&
    (columns === undefined || isColumns(columns)) &&
    Object.keys(value).length === 2 + names.length + (columns === undefined ? 0 : 1)
  );
}

function isColumns(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(isText);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
