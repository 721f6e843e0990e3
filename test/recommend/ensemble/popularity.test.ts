import fc from "fast-check";
import { expect, it } from "vitest";
import { indexPlaylists } from "../../../src/model/memory/playlist-index.ts";
import { rankByPopularity } from "../../../src/model/memory/popularity.ts";
import { createPopularity } from "../../../src/recommend/ensemble/popularity.ts";

it("the percentile of a song is the percentage of songs that are as popular or less", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5), { minLength: 1, maxLength: 40 }), (given) => {
      const counts = Uint32Array.from(given);
      const sum = counts.reduce((total, count) => total + count, 0);
      const { percentile, share, order } = createPopularity(rankByPopularity(counts));
      for (const [row, count] of counts.entries()) {
        const less = counts.filter((other) => other <= count).length;
        expect(percentile(row)).toBeCloseTo((100 * less) / counts.length, 2);
        expect(share(row)).toBeCloseTo(count / Math.max(1, sum), 10);
      }
      expect(percentile(order[0] ?? -1)).toBe(100);
      expect([...order].map((row) => counts[row])).toEqual([...counts].toSorted((a, b) => b - a));
    }),
  );
});

it("a song is as popular as it has playlists, whatever one of them repeats", () => {
  const playlists = [
    [0, ...Array.from({ length: 2000 }, () => 3)],
    [0, 1, 0],
    [1, 0, 2, 1],
  ];
  const offsets = Uint32Array.from([0, 2001, 2004, 2008]);
  const { playlistCounts } = indexPlaylists({ offsets, rows: Uint32Array.from(playlists.flat()) }, 5);
  expect([...playlistCounts]).toEqual([3, 2, 1, 1, 0]);
  expect([...rankByPopularity(playlistCounts).order]).toEqual([0, 1, 2, 3, 4]);
});
