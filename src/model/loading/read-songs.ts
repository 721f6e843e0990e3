import { isUtf8 } from "node:buffer";
import { setImmediate } from "node:timers/promises";
import { type CheckedFile, corruptFile } from "../format/checked-file.ts";
import { parseSongLine } from "../format/songs.ts";
import { addSong, allocateSongs, type SongBuffers } from "../memory/song-table.ts";

const maxFileBytes = 2 ** 32 - 1;
const newline = 0x0a;
/** Songs parsed between two yields to the event loop: some milliseconds. */
const songsPerYield = 4096;

/**
 * Reads and verifies songs.jsonl.
 *
 * @throws MODEL_DAMAGED with the line, if songs are invalid, repeated or not in descending order of plays
 */
export async function readSongs(file: CheckedFile, expected: number): Promise<SongBuffers> {
  if (expected > file.size) throw corruptFile(file.name, `${file.size} bytes cannot hold ${expected} songs`);
  if (file.size > maxFileBytes) throw corruptFile(file.name, `${file.size} bytes is too large`);
  const table = allocateSongs(expected, file.size);
  const text = Buffer.from(table.text.buffer);
  await file.read(text);
  file.verify();
  if (!isUtf8(text)) throw corruptFile(file.name, "not UTF-8");

  let row = 0;
  for (let at = 0; at < text.length; row++) {
    if (row % songsPerYield === 0) await setImmediate();
    if (row === expected) throw corruptFile(file.name, `more than ${expected} songs`);
    const end = text.indexOf(newline, at) + 1;
    if (end === 0) throw corruptFile(file.name, "last line incomplete");
    const song = parseSongLine(text.toString("utf8", at, end), row, file);
    if (song.count > (table.counts[row - 1] ?? Infinity))
      throw corruptFile(file.name, `line ${row + 1} has more plays than the line before it`);
    if (!addSong(table, row, song, end)) throw corruptFile(file.name, `line ${row + 1} has a duplicate id`);
    at = end;
  }
  if (row !== expected) throw corruptFile(file.name, `${row} songs instead of ${expected}`);
  return table;
}
