import { corruptFile, type ReadableFile } from "./checked-file.ts";

/** A song of the model. */
export interface Song {
  readonly id: string;
  /** Plays in the training playlists, less than 2³² */
  readonly count: number;
  readonly title?: string;
  readonly artist?: string;
  /** Values of further columns of the catalogue, by column name */
  readonly columns?: Readonly<Record<string, string>>;
}

const chunkBytes = 1 << 18;
const maxLineLength = 1 << 20;

/**
 * @param onSong called for each song
 * @returns songs.jsonl in chunks of UTF-8
 */
export async function* encodeSongs(
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
 * Parses songs.jsonl.
 *
 * @throws MODEL_DAMAGED with the line
 */
export async function* decodeSongs(file: ReadableFile, expected: number): AsyncGenerator<Song> {
  let row = 0;
  for await (const lines of lineBatches(file)) {
    for (const line of lines) {
      if (row++ < expected) yield parseSongLine(line, row - 1, file);
    }
  }
  if (row !== expected) throw corruptFile(file.name, `${row} songs instead of ${expected}`);
}

async function* lineBatches(file: ReadableFile): AsyncGenerator<string[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let rest = "";
  for (let position = 0; position < file.size; position += chunkBytes) {
    const chunk = new Uint8Array(Math.min(chunkBytes, file.size - position));
    await file.read(chunk);
    const lines = (rest + decode(decoder, chunk, position + chunkBytes < file.size, file)).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > maxLineLength) throw corruptFile(file.name, `a line exceeds ${maxLineLength} characters`);
    yield lines;
  }
  if (rest !== "") throw corruptFile(file.name, "last line incomplete");
}

function decode(decoder: TextDecoder, chunk: Uint8Array, stream: boolean, file: ReadableFile): string {
  try {
    return decoder.decode(chunk, { stream });
  } catch (error) {
    throw corruptFile(file.name, "not UTF-8", error);
  }
}

/** @throws MODEL_DAMAGED with the line */
export function parseSongLine(line: string, row: number, file: ReadableFile): Song {
  try {
    return parseSong(line);
  } catch (error) {
    throw corruptFile(file.name, `line ${row + 1} is not a song`, error);
  }
}

/** @throws SyntaxError if the line is not a song */
export function parseSong(line: string): Song {
  const song: unknown = JSON.parse(line);
  if (!isSong(song)) throw new SyntaxError("not a song");
  return song;
}

/** Handwritten, because a zod schema would double the time to read the songs. */
function isSong(value: unknown): value is Song {
  return (
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    "count" in value &&
    Object.entries(value).every(([name, field]) => fields.get(name)?.(field))
  );
}

const fields = new Map<string, (value: unknown) => boolean>([
  ["id", (value) => isText(value) && value !== ""],
  ["count", (value) => typeof value === "number" && value === value >>> 0],
  ["title", isText],
  ["artist", isText],
  ["columns", isColumns],
]);

function isColumns(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(isText);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
