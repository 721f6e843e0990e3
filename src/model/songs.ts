import { type CheckedFile, damaged } from './checked-file.ts';
import type { Pace } from './pace.ts';

/** A song of the model. */
export interface Song {
  readonly id: string;
  /** How often the training playlists play it. */
  readonly count: number;
  readonly title?: string;
  readonly artist?: string;
}

const chunkBytes = 1 << 20;
const longestLine = 1 << 20;

/** The lines of songs.jsonl, as UTF-8 in chunks; `onSong` is called for each song. */
export function* songLines(songs: Iterable<Song>, onSong: () => void): Generator<Uint8Array> {
  let lines = '';
  for (const { id, count, title, artist } of songs) {
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
 * @returns the songs in row order, the most played first, and the row of each id
 * @throws MODEL_DAMAGED with the file's name and the line
 */
export async function readSongs(file: CheckedFile, expected: number, pace: Pace): Promise<{ songs: Song[]; rows: Map<string, number> }> {
  const songs: Song[] = [];
  const rows = new Map<string, number>();
  for await (const lines of lineBatches(file)) {
    for (const line of lines) {
      if (pace.isOver()) await pace.rest();
      const song = parseSong(line, songs.length, file);
      if (song.count > (songs.at(-1)?.count ?? Infinity)) throw damaged(file.name, `line ${songs.length + 1} is played more often than the line before it`);
      songs.push(song);
      rows.set(song.id, songs.length - 1);
      if (rows.size < songs.length) throw damaged(file.name, `line ${songs.length} repeats an id`);
    }
  }
  if (songs.length !== expected) throw damaged(file.name, `it has ${songs.length} songs and should have ${expected}`);
  file.verify();
  return { songs, rows };
}

function parseSong(line: string, row: number, file: CheckedFile): Song {
  let cause: unknown;
  try {
    const song: unknown = JSON.parse(line);
    if (isSong(song)) return song;
  } catch (error) {
    cause = error;
  }
  throw damaged(file.name, `line ${row + 1} is not a song`, cause);
}

/** By hand: a schema takes as long as all the rest of reading the songs. */
function isSong(value: unknown): value is Song {
  if (typeof value !== 'object' || value === null || !('id' in value) || !('count' in value)) return false;
  const { id, count } = value;
  if (typeof id !== 'string' || id === '' || typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0) return false;
  const names = ['title' in value ? value.title : undefined, 'artist' in value ? value.artist : undefined].filter((name) => name !== undefined);
  return names.every((name) => typeof name === 'string') && Object.keys(value).length === 2 + names.length;
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
