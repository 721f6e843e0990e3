import { createError } from "../../errors.ts";
import { malformed, type RowCounts, type RowProblem } from "../dropped-rows.ts";
import { type InputFile, readingError } from "./files.ts";
import type { Text } from "./text.ts";

const maxLineLength = 4 * 2 ** 20;
const expected = 'expected {"playlistId": "…", "songs": ["…", …]} on each line';

/** Whether a file has JSON objects, by its first character. */
export function isJsonLines({ head }: Pick<Text, "head">): boolean {
  return /^\s*\{/.test(head);
}

/**
 * Streams playlists, a JSON object `{"playlistId": …, "songs": […]}` per line. Ids are texts or whole numbers. Each song
 * counts as a row.
 *
 * @param add adds a play @returns why it is dropped
 * @throws PLAYLISTS_UNREADABLE, NOT_UTF8, TOO_MANY_MALFORMED_ROWS (more than 1 %), SONG_IDS_UNREADABLE
 */
export async function readJsonLines(
  file: InputFile,
  { bytes }: Text,
  rows: RowCounts,
  add: (playlistId: string, song: string) => RowProblem | undefined,
): Promise<void> {
  rows.rows = 0;
  let line = 0;
  try {
    for await (const text of linesOf(bytes, file)) {
      line++;
      if (text.trim() !== "") readLine(text, line);
    }
  } catch (error) {
    throw readingError(file.path, error);
  }
  rows.assertFewDropped();

  function readLine(text: string, at: number): void {
    const playlist = parseLine(text);
    const songs = "reason" in playlist ? [playlist] : playlist.songs;
    for (const song of songs) {
      rows.rows++;
      const problem = typeof song === "string" ? add("reason" in playlist ? "" : playlist.playlistId, song) : song;
      if (problem) rows.drop(at, problem);
    }
  }
}

interface PlaylistLine {
  readonly playlistId: string;
  /** Song ids, or why there is none. */
  readonly songs: readonly (string | RowProblem)[];
}

function parseLine(text: string): PlaylistLine | RowProblem {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return malformed("not JSON", `not a JSON object; ${expected}`);
  }
  if (typeof value !== "object" || value === null || !("songs" in value) || !Array.isArray(value.songs))
    return malformed('no list "songs"', `no list "songs"; ${expected}`);
  const playlistId =
    "playlistId" in value ? parseId(value.playlistId) : malformed('no "playlistId"', `no "playlistId"; ${expected}`);
  return typeof playlistId === "string" ? { playlistId, songs: value.songs.map(parseId) } : playlistId;
}

/** JSON numbers above 2⁵³ have lost digits. */
function parseId(value: unknown): string | RowProblem {
  if (typeof value === "string") return value;
  if (value === null) return "";
  if (typeof value !== "number") {
    const detail = "an id is neither text nor a number";
    return malformed(detail, `${detail}: ${JSON.stringify(value).slice(0, 100)}; ${expected}`);
  }
  return Math.abs(value) > Number.MAX_SAFE_INTEGER ? { reason: "lostDigits", found: String(value) } : String(value);
}

/** @throws PLAYLISTS_UNREADABLE for a line of more than 4 MiB */
async function* linesOf(bytes: AsyncIterable<Buffer>, { path }: InputFile): AsyncGenerator<string> {
  let rest = "";
  let line = 1;
  for await (const block of bytes) {
    const lines = (rest + block.toString()).split("\n");
    rest = lines.pop() ?? "";
    line += lines.length;
    if (rest.length > maxLineLength)
      throw createError("PLAYLISTS_UNREADABLE", { file: path, reason: `line ${line} exceeds 4 MiB` });
    for (const text of lines) yield text;
  }
  if (rest !== "") yield rest;
}
