import { createRandom, integerBelow, shuffle } from "../../src/word2vec/random.ts";
import type { Lists } from "../../src/evaluate/test-cases.ts";

/** Playlists that follow one of ten rings of songs in steps of one to three songs. */
export function ringPlaylists({
  count,
  size,
  length,
  seed = 6,
}: {
  count: number;
  size: number;
  length: number;
  seed?: number;
}): Lists {
  const random = createRandom(4, 5, seed);
  return new Map(
    Array.from({ length: count }, (_, i) => {
      let at = integerBelow(size, random);
      return [
        `${i}`,
        Array.from({ length }, () => `${(i % 10) * size + (at = (at + 1 + integerBelow(3, random)) % size)}`),
      ];
    }),
  );
}

/** Distributes the plays over the playlists at random; play counts and playlist lengths stay. */
export function shufflePlaylists(lists: Lists, seed: number): Lists {
  const songs = [...lists.values()].flat();
  const order = [...shuffle(new Uint32Array(songs.length), createRandom(1, 2, seed))];
  return new Map([...lists].map(([id, { length }]) => [id, order.splice(0, length).map((at) => songs[at] ?? "")]));
}

export const listsCsv = (lists: Iterable<readonly [string, readonly string[]]>) =>
  ["Category,master_number", ...[...lists].flatMap(([id, songs]) => songs.map((song) => `${id},${song}`))].join("\n");
