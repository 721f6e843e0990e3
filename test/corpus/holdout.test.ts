import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holdOut, restoreHeldOut } from "../../src/corpus/holdout.ts";
import { createRandom } from "../../src/word2vec/random.ts";
import type { Plays } from "../../src/word2vec/kernel/layout.ts";
import { toPlays } from "../helpers/plays.ts";

const songs = 50;
const lists = fc.array(fc.array(fc.nat(songs - 1), { maxLength: 30 }), { minLength: 1, maxLength: 60 });

function playlistsOf({ tokens, offsets }: Plays): number[][] {
  return Array.from({ length: offsets.length - 1 }, (_, i) => [...tokens.subarray(offsets[i], offsets[i + 1])]);
}

const keysOf = (count: number, seed = 1) => {
  const random = createRandom(seed);
  return Uint32Array.from({ length: count }, () => random() * 2 ** 32);
};

/** Playlists without shared songs. */
const distinct = (count: number, length: number) =>
  Array.from({ length: count }, (_, i) => Array.from({ length }, (_unused, j) => i * length + j));

describe("holding out", () => {
  it("holds out the last fifth of a fifth of the playlists", () => {
    const playlists = distinct(40, 10);
    const { plays, cases } = holdOut(toPlays(playlists, 400), keysOf(40), 1000);
    expect(cases).toHaveLength(8);
    const shorter = playlistsOf(plays).filter((songsLeft) => songsLeft.length < 10);
    expect(shorter).toHaveLength(8);
    for (const { query, truth } of cases) {
      const complete = playlists[Math.floor((query[0] ?? 0) / 10)] ?? [];
      expect([[...query], [...truth]]).toEqual([complete.slice(0, 8), complete.slice(8)]);
      expect(shorter).toContainEqual(complete.slice(0, 8));
    }
    expect(playlistsOf(plays).filter((songsLeft) => songsLeft.length === 10)).toEqual(
      playlists.filter((list) => !shorter.some(([first]) => first === list[0])),
    );
  });

  it("holds out 2 % of the playlists as a whole, at most half of the limit, and always the same", () => {
    const wholeOf = (count: number, limit: number) => {
      const { held } = holdOut(toPlays(distinct(count, 3), 3 * count), keysOf(count), limit);
      return [...held.keys()].filter((playlist) => held[playlist] === 3);
    };
    expect(wholeOf(49, 1000)).toEqual([]);
    const whole = wholeOf(1000, 1000);
    expect(whole).toHaveLength(20);
    expect(wholeOf(1000, 10)).toHaveLength(5);
    expect(new Set(wholeOf(500, 1000)).isSupersetOf(new Set(whole.filter((playlist) => playlist < 500)))).toBe(true);
  });

  it("never exceeds the limit of cases, and has none of playlists with fewer than 4 songs", () => {
    expect(holdOut(toPlays(distinct(6000, 4), 24_000), keysOf(6000), 500).cases).toHaveLength(500);
    expect(holdOut(toPlays(distinct(100, 3), 300), keysOf(100), 500).cases).toEqual([]);
    expect(holdOut(toPlays(distinct(4, 4), 16), keysOf(4), 500).cases).toEqual([]);
  });

  it("selects playlists by their keys, independently of other playlists", () => {
    const lists = distinct(200, 5);
    const keys = keysOf(200);
    const queries = (count: number, most: number) =>
      holdOut(toPlays(lists.slice(0, count), 1000), keys.subarray(0, count), most).cases.map(
        ({ query }) => query[0] ?? 0,
      );
    const few = queries(100, 20);
    const known = queries(200, 20).filter((first) => first < 500);
    expect(known.length).toBeGreaterThan(0);
    expect(new Set(few).isSupersetOf(new Set(known))).toBe(true);
    expect(new Set(queries(200, 1000)).isSupersetOf(new Set(queries(200, 10)))).toBe(true);
  });

  it("orders the songs of a query by their last plays", () => {
    const { cases } = holdOut(
      toPlays(
        Array.from({ length: 5 }, () => [1, 2, 1, 3, 4]),
        5,
      ),
      keysOf(5),
      1,
    );
    expect(cases.map(({ query, truth }) => [[...query], [...truth]])).toEqual([[[2, 1, 3], [4]]]);
  });

  it("predicts distinct songs that are not in the query, and loses no play", () => {
    fc.assert(
      fc.property(lists, fc.nat(), (playlists, seed) => {
        const before = toPlays(playlists, songs);
        const { plays, cases, ...held } = holdOut(before, keysOf(playlists.length, seed), 500);
        const left = playlistsOf(plays);
        left.forEach((list, i) => expect(playlists[i]?.slice(0, list.length)).toEqual(list));
        const ends = playlists.map((list, i) => list.slice(left[i]?.length)).filter((end) => end.length > 0);
        expect(ends.length).toBeGreaterThanOrEqual(cases.length);
        for (const { query, truth } of cases) {
          expect(query.length).toBeGreaterThan(0);
          expect(truth.length).toBeGreaterThan(0);
          expect(new Set([...query, ...truth]).size).toBe(query.length + truth.length);
        }
        expect(playlistsOf(before)).toEqual(playlists);
        expect(playlistsOf({ ...restoreHeldOut(plays, held), counts: plays.counts })).toEqual(playlists);
        expect(plays.counts).toBe(before.counts);
      }),
    );
  });
});
