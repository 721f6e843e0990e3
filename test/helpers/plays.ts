import type { Plays } from "../../src/word2vec/kernel/layout.ts";
import { createRandom, integerBelow } from "../../src/word2vec/random.ts";

/** Converts playlists of rows to training data. */
export function toPlays(playlists: readonly (readonly number[])[], songs: number): Plays {
  const offsets = new Uint32Array(playlists.length + 1);
  playlists.forEach((playlist, i) => {
    offsets[i + 1] = (offsets[i] as number) + playlist.length;
  });
  const counts = new Uint32Array(songs);
  for (const song of playlists.flat()) counts[song] = (counts[song] as number) + 1;
  return { tokens: Uint32Array.from(playlists.flat()), offsets, counts: counts.map((count) => Math.max(1, count)) };
}

/** Playlists from `groups` groups of `size` songs, each from one group. */
export function groupedPlaylists({
  groups,
  size,
  playlists,
  length,
  seed,
}: {
  groups: number;
  size: number;
  playlists: number;
  length: number;
  seed: number;
}): number[][] {
  const random = createRandom(seed, 0, 0);
  return Array.from({ length: playlists }, (_, i) =>
    Array.from({ length }, () => (i % groups) * size + integerBelow(size, random)),
  );
}
