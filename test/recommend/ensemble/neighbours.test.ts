import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCooccurrenceCounter } from "../../../src/recommend/ensemble/cooccurrence-counter.ts";
import { createNeighbours, neighbourFeatures } from "../../../src/recommend/ensemble/neighbours.ts";
import { indexPlaylists, type Playlists } from "../../../src/model/memory/playlist-index.ts";
import { largestOf } from "../../../src/recommend/ensemble/selection.ts";

const songs = 12;

function playlistsOf(lists: readonly (readonly number[])[]): Playlists {
  const offsets = new Uint32Array(lists.length + 1);
  lists.forEach((list, i) => {
    offsets[i + 1] = (offsets[i] ?? 0) + list.length;
  });
  return { offsets, rows: Uint32Array.from(lists.flat()) };
}

const querySongs = (...rows: number[]) => rows.map((row) => ({ row, weight: 1, recentWeight: 1 }));
const lists = fc.array(fc.array(fc.nat(songs - 1), { maxLength: 12 }), { maxLength: 12 });

describe("a playlist index", () => {
  it("has every play of every song, by playlist and position", () => {
    fc.assert(
      fc.property(lists, (all) => {
        const { starts, playlists, positions } = indexPlaylists(playlistsOf(all), songs);
        for (let song = 0; song < songs; song++) {
          const plays = all.flatMap((list, playlist) =>
            list.flatMap((row, position) => (row === song ? [[playlist, position]] : [])),
          );
          const found = Array.from(playlists.subarray(starts[song], starts[song + 1]), (playlist, i) => [
            playlist,
            positions[(starts[song] ?? 0) + i],
          ]);
          expect(found).toEqual(plays);
        }
      }),
    );
  });
});

describe("co-occurring songs", () => {
  const cooccurringSongs = createCooccurrenceCounter(
    indexPlaylists(
      playlistsOf([
        [0, 1, 2],
        [0, 1],
        [3, 0],
      ]),
      songs,
    ),
  );

  it("have a larger weight the nearer they are played; only later songs count as next", () => {
    const { rows, near, next } = cooccurringSongs(0);
    expect([...rows]).toEqual([1, 2, 3]);
    [2, Math.exp(-0.15), 1].forEach((weight, i) => expect(near[i]).toBeCloseTo(weight, 5));
    [2, Math.exp(-0.3), 0].forEach((weight, i) => expect(next[i]).toBeCloseTo(weight, 5));
  });

  it("do not exist for a song that is played alone", () => {
    expect([...createCooccurrenceCounter(indexPlaylists(playlistsOf([[4], [4, 4]]), songs))(4).rows]).toEqual([]);
  });
});

describe("the nearest playlists", () => {
  const index = indexPlaylists(
    playlistsOf([
      [0, 1, 5],
      [0, 1, 5, 6],
      [0, 7, 8, 9],
      [10, 11],
    ]),
    songs,
  );

  it("give the largest sums to songs in playlists with more query songs", () => {
    const { rows, sums, clear } = createNeighbours(index)(querySongs(0, 1));
    const [five, seven] = [sums[5 * neighbourFeatures.length] ?? 0, sums[7 * neighbourFeatures.length] ?? 0];
    expect(five).toBeGreaterThan(seven);
    expect(seven).toBeGreaterThan(0);
    expect([...rows]).not.toContain(10);
    clear();
    expect(sums.every((value) => value === 0)).toBe(true);
  });

  it("exclude playlists with a negative similarity", () => {
    const { rows } = createNeighbours(index)([...querySongs(1), { row: 0, weight: -3, recentWeight: -3 }]);
    expect([...rows]).toEqual([]);
  });

  it("are independent of earlier queries", () => {
    const findNeighbours = createNeighbours(index);
    const first = findNeighbours(querySongs(0, 1));
    const before = first.sums.slice();
    first.clear();
    findNeighbours(querySongs(10)).clear();
    expect(findNeighbours(querySongs(0, 1)).sums).toEqual(before);
  });
});

it("the k largest equal those of a sort for any scores", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 })), fc.integer({ min: 1, max: 12 }), (scores, k) => {
      const items = [...scores.keys()];
      const found = largestOf(items, k, (item) => scores[item] ?? 0).toSorted((a, b) => a - b);
      expect(found).toEqual(
        items
          .toSorted((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
          .slice(0, k)
          .toSorted((a, b) => a - b),
      );
    }),
  );
});
