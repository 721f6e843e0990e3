import { closeSync, openSync, writeSync } from "node:fs";
import { createRandom, shuffle } from "../../../src/word2vec/random.ts";

const playlistLength = 10;
/** Each song is played so often at least: the minCount of both presets. */
const rounds = 3;
const chunkCharacters = 1 << 20;

/**
 * Writes playlists of ten songs drawn at random, for measuring memory: so many songs are above minCount, and beyond
 * their plays of that the songs are played by a steep law. The same numbers give the same file.
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
