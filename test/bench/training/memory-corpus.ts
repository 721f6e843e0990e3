import { closeSync, openSync, writeSync } from "node:fs";
import { createRandom, shuffle } from "../../../src/word2vec/random.ts";

const playlistLength = 10;
/** Minimum plays per song: the minCount of both presets. */
const rounds = 3;
const chunkCharacters = 1 << 20;

/**
 * Writes random playlists of ten songs to measure memory with. Each song has at least minCount plays; the others are
 * drawn from a skewed distribution. The same parameters give the same file.
 */
export function writeMemoryCorpus(path: string, { songs, plays }: { songs: number; plays: number }): void {
  const random = createRandom(1);
  const order = new Uint32Array(songs);
  const file = openSync(path, "w");
  let chunk = "Category,master_number\n";
  for (let play = 0; play < plays; play++) {
    const place = play % songs;
    if (place === 0 && play < rounds * songs) shuffle(order, random);
    const song = play < rounds * songs ? (order[place] ?? 0) : Math.floor(songs * random() ** 3);
    chunk += `${Math.floor(play / playlistLength)},${song}\n`;
    if (chunk.length < chunkCharacters) continue;
    writeSync(file, chunk);
    chunk = "";
  }
  writeSync(file, chunk);
  closeSync(file);
}
