import type { Matrices } from "../../src/word2vec/train.ts";
import { groupedPlaylists, toPlays } from "../helpers/plays.ts";

export const groupSize = 20;
const [groups, songs] = [10, 200];

/** Playlists from ten groups of twenty songs, each from one group. */
export const plays = toPlays(groupedPlaylists({ groups, size: groupSize, playlists: 2000, length: 8, seed: 1 }), songs);

/** Share of songs whose nearest neighbour by input vector is in the same group. */
export function precision({ input, stride }: Pick<Matrices, "input" | "stride">): number {
  const rows = Array.from({ length: songs }, (_, song) => {
    const row = input.subarray(song * stride, (song + 1) * stride);
    const length = Math.hypot(...row);
    return row.map((value) => value / length);
  });
  const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  const hits = rows.filter((row, song) => {
    const scores = rows.map((other, at) => (at === song ? -1 : cosine(row, other)));
    return Math.floor(scores.indexOf(Math.max(...scores)) / groupSize) === Math.floor(song / groupSize);
  });
  return hits.length / songs;
}
