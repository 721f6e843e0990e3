import { isUtf8 } from "node:buffer";
import { setImmediate } from "node:timers/promises";
import { type CheckedFile, corruptFile } from "../format/checked-file.ts";
import { parseSongLine } from "../format/songs.ts";
import { addSong, allocateSongs, type SongBuffers } from "../memory/song-table.ts";

const largestFile = 2 ** 32 - 1;
const newline = 0x0a;
/** Songs that are read between two turns of the event loop: some milliseconds. */
const songsATurn = 4096;

/**
 * Reads and verifies songs.jsonl.
 *
 * @throws MODEL_DAMAGED with the file's name and the line
 */
export async function readSongs(file: CheckedFile, expected: number): Promise<SongBuffers> {
  if (expected > file.size) throw corruptFile(file.name, `it has ${file.size} bytes for ${expected} songs`);
  if (file.size > largestFile) throw corruptFile(file.name, `it has ${file.size} bytes`);
  const table = allocateSongs(expected, file.size);
  const text = Buffer.from(table.text.buffer);
  await file.read(text);
  file.verify();
  if (!isUtf8(text)) throw corruptFile(file.name, "it is not UTF-8");

  let row = 0;
  for (let at = 0; at < text.length; row++) {
    if (row % songsATurn === 0) await setImmediate();
    if (row === expected) throw corruptFile(file.name, `it has more than ${expected} songs`);
    const end = text.indexOf(newline, at) + 1;
    if (end === 0) throw corruptFile(file.name, "its last line does not end");
    const song = parseSongLine(text.toString("utf8", at, end), row, file);
    if (song.count > (table.counts[row - 1] ?? Infinity))
      throw corruptFile(file.name, `line ${row + 1} is played more often than the line before it`);
    if (!addSong(table, row, song, end)) throw corruptFile(file.name, `line ${row + 1} repeats an id`);
    at = end;
  }
  if (row !== expected) throw corruptFile(file.name, `it has ${row} songs and should have ${expected}`);
  return table;
}
