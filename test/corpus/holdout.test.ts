import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdOut } from '../../src/corpus/holdout.ts';
import { createRandom } from '../../src/corpus/random.ts';
import type { Plays } from '../../src/word2vec/kernel/layout.ts';
import { toPlays } from '../helpers/plays.ts';

const songs = 50;
const lists = fc.array(fc.array(fc.nat(songs - 1), { maxLength: 30 }), { minLength: 1, maxLength: 60 });

function playlistsOf({ tokens, offsets }: Plays): number[][] {
  return Array.from({ length: offsets.length - 1 }, (_, i) => [...tokens.subarray(offsets[i], offsets[i + 1])]);
}

/** Playlists 0, 1, 2 … that have nothing in common. */
const distinct = (count: number, length: number) => Array.from({ length: count }, (_, i) => Array.from({ length }, (_unused, j) => i * length + j));

describe('holding out', () => {
  it('takes the last fifth of a tenth of the playlists, and leaves the rest as it was', () => {
    const playlists = distinct(40, 10);
    const { plays, cases } = holdOut(toPlays(playlists, 400), createRandom(1));
    expect(cases).toHaveLength(4);
    const shorter = playlistsOf(plays).filter((songsLeft) => songsLeft.length < 10);
    expect(shorter).toHaveLength(4);
    for (const { query, truth } of cases) {
      const whole = playlists[Math.floor((query[0] ?? 0) / 10)] ?? [];
      expect([[...query], [...truth]]).toEqual([whole.slice(0, 8), whole.slice(8)]);
      expect(shorter).toContainEqual(whole.slice(0, 8));
    }
    expect(playlistsOf(plays).filter((songsLeft) => songsLeft.length === 10)).toEqual(playlists.filter((list) => !shorter.some(([first]) => first === list[0])));
  });

  it('never takes more than 500 playlists, nor one of fewer than 4 songs', () => {
    expect(holdOut(toPlays(distinct(6000, 4), 24_000), createRandom(1)).cases).toHaveLength(500);
    expect(holdOut(toPlays(distinct(100, 3), 300), createRandom(1)).cases).toEqual([]);
    expect(holdOut(toPlays(distinct(9, 4), 36), createRandom(1)).cases).toEqual([]);
  });

  it('is the same for the same seed, and another for another', () => {
    const plays = toPlays(distinct(200, 5), 1000);
    const queries = (seed: number) => holdOut(plays, createRandom(seed)).cases.map(({ query }) => [...query]);
    expect(queries(1)).toEqual(queries(1));
    expect(queries(1)).not.toEqual(queries(2));
  });

  it('asks only for songs that are not in the query, each once, and loses no play, whatever the playlists', () => {
    fc.assert(
      fc.property(lists, fc.nat(), (playlists, seed) => {
        const before = toPlays(playlists, songs);
        const { plays, cases } = holdOut(before, createRandom(seed));
        const left = playlistsOf(plays);
        left.forEach((list, i) => expect(playlists[i]?.slice(0, list.length)).toEqual(list));
        const ends = playlists.map((list, i) => list.slice(left[i]?.length)).filter((end) => end.length > 0);
        expect(ends).toHaveLength(cases.length);
        for (const { query, truth } of cases) {
          expect(query.length).toBeGreaterThan(0);
          expect(truth.length).toBeGreaterThan(0);
          expect(new Set([...query, ...truth]).size).toBe(query.length + truth.length);
        }
        expect(playlistsOf(before)).toEqual(playlists);
        expect(plays.counts).toBe(before.counts);
      }),
    );
  });
});
