import { type CheckedFile, damaged } from './checked-file.ts';
import type { Pace } from './pace.ts';

/** A song of the model. */
export interface Song {
  readonly id: string;
  /** How often the training playlists play it; less than 2³². */
  readonly count: number;
  readonly title?: string;
  readonly artist?: string;
}

/**
 * Songs by row, read from their lines when asked for. As objects, tens of thousands of them would cost the thread that
 * loads them garbage collections of 10 to 30 ms.
 */
export interface SongList extends Iterable<Song> {
  readonly length: number;
  /** The song of a row from 0, undefined beyond the last. */
  at(row: number): Song | undefined;
}

export interface SongTable {
  readonly songs: SongList;
  /** The row of each id. */
  readonly rows: ReadonlyMap<string, number>;
  /** [V], never rising from row to row. */
  readonly counts: Uint32Array;
}

const chunkBytes = 1 << 20;
const longestLine = 1 << 20;

/** The lines of songs.jsonl, as UTF-8 in chunks; `onSong` is called for each song. */
export async function* songLines(songs: Iterable<Song> | AsyncIterable<Song>, onSong: () => void): AsyncGenerator<Uint8Array> {
  let lines = '';
  for await (const { id, count, title, artist } of songs) {
    onSong();
    lines += `${JSON.stringify({ id, count, title, artist })}\n`;
    if (lines.length < chunkBytes) continue;
    yield Buffer.from(lines);
    lines = '';
  }
  yield Buffer.from(lines);
}

/**
 * Reads and verifies songs.jsonl.
 *
 * @throws MODEL_DAMAGED with the file's name and the line
 */
export async function readSongs(file: CheckedFile, expected: number, pace: Pace): Promise<SongTable> {
  if (expected > file.size) throw damaged(file.name, `it has ${file.size} bytes for ${expected} songs`);
  const all: string[] = [];
  const counts = new Uint32Array(expected);
  const rows = new Map<string, number>();
  for await (const lines of lineBatches(file)) {
    for (const line of lines) {
      if (pace.isOver()) await pace.rest();
      const row = all.length;
      const { id, count } = checkSong(line, row, file);
      if (count > (counts[row - 1] ?? Infinity)) throw damaged(file.name, `line ${row + 1} is played more often than the line before it`);
      rows.set(id, row);
      if (rows.size === row) throw damaged(file.name, `line ${row + 1} repeats an id`);
      counts[row] = count;
      all.push(line);
    }
  }
  if (all.length !== expected) throw damaged(file.name, `it has ${all.length} songs and should have ${expected}`);
  file.verify();
  return { songs: songList(all), rows, counts };
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

function songList(lines: readonly string[]): SongList {
  return {
    length: lines.length,
    at(row) {
      const line = lines[row];
      return line === undefined ? undefined : parseSong(line);
    },
    *[Symbol.iterator]() {
      for (const line of lines) yield parseSong(line);
    },
  };
}

async function* lineBatches(file: CheckedFile): AsyncGenerator<string[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let rest = '';
  for (let position = 0; position < file.size; position += chunkBytes) {
    const chunk = new Uint8Array(Math.min(chunkBytes, file.size - position));
    await file.read(chunk);
    const lines = (rest + decode(decoder, chunk, position + chunkBytes < file.size, file)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) throw damaged(file.name, `a line longer than ${longestLine} characters`);
    yield lines;
  }
  if (rest !== '') throw damaged(file.name, 'its last line does not end');
}

function decode(decoder: TextDecoder, chunk: Uint8Array, stream: boolean, file: CheckedFile): string {
  try {
    return decoder.decode(chunk, { stream });
  } catch (error) {
    throw damaged(file.name, 'it is not UTF-8', error);
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
  if (!isSong(song)) throw new SyntaxError('not a song');
  return song;
}

/** By hand: a schema takes as long as all the rest of reading the songs. */
function isSong(value: unknown): value is Song {
  if (typeof value !== 'object' || value === null || !('id' in value) || !('count' in value)) return false;
  const { id, count } = value;
  if (typeof id !== 'string' || id === '' || typeof count !== 'number' || count !== count >>> 0) return false;
  const names = ['title' in value ? value.title : undefined, 'artist' in value ? value.artist : undefined].filter((name) => name !== undefined);
  return names.every((name) => typeof name === 'string') && Object.keys(value).length === 2 + names.length;
}
