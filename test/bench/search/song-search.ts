import { yieldEvery } from "../../../src/model/yield.ts";
import { createSongFinder } from "../../../src/recommend/catalogue/find-songs.ts";
import { describeMachine } from "../machine.ts";
import { cell, printTable } from "../table.ts";

/** Latency and memory of the search by name: `npm run bench:song-search -- [songs]`. */
const [songs = 1_000_000] = process.argv.slice(2).map(Number);
const words = Array.from(
  { length: 20_000 },
  (_, i) => `${["ba", "ko", "ri", "tu", "mé", "sha"][i % 6]}${i.toString(36)}`,
);
const word = (i: number) =>
  words[Math.floor(words.length * ((Math.imul(i, 2_654_435_761) >>> 0) / 2 ** 32) ** 3)] ?? "";
const song = (row: number) => ({
  id: `${1_000_000 + row}`,
  count: songs - row,
  title: `${word(3 * row)} ${word(3 * row + 1)}`,
  artist: `${word(row % 50_000)} ${word((row % 50_000) + 7)}`,
});
const model = {
  songs: {
    length: songs,
    at: song,
    *[Symbol.iterator]() {
      for (let row = 0; row < songs; row++) yield song(row);
    },
  },
  rows: new Map<string, number>(),
};

const started = performance.now();
const finder = await createSongFinder(model, yieldEvery(Infinity));
const seconds = (performance.now() - started) / 1000;
console.log(
  `${songs} songs, folded in ${seconds.toFixed(1)} s into ${(finder.bytes / 2 ** 20).toFixed(0)} MB, ` +
    `${(finder.bytes / songs).toFixed(0)} bytes per song; ${describeMachine()}`,
);

const queries = {
  "a frequent word": word(1),
  "a prefix": "ba",
  "an id": `${1_000_000 + songs - 5}`,
  "a rare word": words.at(-1) ?? "",
  "no match": "xyzzy",
  "two words in few songs": `${word(1)} ${words.at(-2)}`,
  "two prefixes in few songs": "ba xy",
};
const table = [];
for (const [what, query] of Object.entries(queries)) {
  const times: number[] = [];
  let found = 0;
  for (let run = 0; run < 9; run++) {
    const from = performance.now();
    found = (await finder.find(query, 10, yieldEvery(Infinity))).length;
    times.push(performance.now() - from);
  }
  table.push({ query: what, found: cell(found), "median ms": cell(times.toSorted((a, b) => a - b)[4], 1) });
}
printTable(table);
