import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluateNextSongs, nextSongCases } from "../../src/evaluate/next-song.ts";
import { indexPlaylists } from "../../src/model/memory/playlist-index.ts";
import { computeRepeatRates, hasRepeats, occurrencesIn } from "../../src/recommend/ensemble/repeats.ts";

const concatenate = (lists: readonly (readonly number[])[]) => {
  const offsets = new Uint32Array(lists.length + 1);
  for (const [i, list] of lists.entries()) offsets[i + 1] = (offsets[i] ?? 0) + list.length;
  return { offsets, rows: Uint32Array.from(lists.flat()) };
};

describe("next-song cases", () => {
  const heldOut = {
    playlists: concatenate([[], [3, 4], [5, 6], []]),
    held: Uint32Array.of(4, 0, 1, 2),
    heldOutTokens: Uint32Array.of(1, 2, 1, 3, 9, 7, 8),
  };

  it("are the beginnings of playlists that are held out as a whole, with repeats", () => {
    const cases = [
      { history: [1], next: 2 },
      { history: [1, 2], next: 1 },
      { history: [1, 2, 1], next: 3 },
      { history: [7], next: 8 },
    ];
    expect(nextSongCases(heldOut, 10)).toEqual(cases);
    expect(nextSongCases(heldOut, 2)).toEqual([cases[0], cases[2]]);
    expect(nextSongCases(heldOut, 10, (playlist) => playlist > 0)).toEqual([cases[3]]);
  });

  it("have at most 500 earlier songs", () => {
    const long = { playlists: concatenate([[]]), held: Uint32Array.of(2000), heldOutTokens: new Uint32Array(2000) };
    const lengths = nextSongCases(long, 40).map(({ history }) => history.length);
    expect([lengths.length, Math.max(...lengths)]).toEqual([40, 500]);
  });
});

it("evaluates next songs with and without repeats; a song that is not ranked is a miss", async () => {
  const cases = [
    { history: ["a"], next: "a" },
    { history: ["a"], next: "b" },
    { history: ["c"], next: "unknown" },
  ];
  const evaluation = await evaluateNextSongs(cases, (history, repeats) =>
    repeats === "allow" ? [...history, "b"] : ["x", "y", "z", "b"],
  );
  expect(evaluation).toEqual({
    cases: 3,
    repeats: 0.3333,
    exclude: { precision20: 0.3333, meanReciprocalRank20: 0.0833 },
    allow: { precision20: 0.6667, meanReciprocalRank20: 0.5 },
  });
});

describe("occurrences in a query", () => {
  it("have the steps since the last one, and their number", () => {
    expect([...occurrencesIn([7, 8, 7, 9])]).toEqual([
      [7, { steps: 2, count: 2 }],
      [8, { steps: 3, count: 1 }],
      [9, { steps: 1, count: 1 }],
    ]);
  });
});

describe("repeats in playlists", () => {
  it("are found if and only if a playlist has a song twice", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(9), { maxLength: 6 }), { maxLength: 6 }), (lists) => {
        expect(hasRepeats(indexPlaylists(concatenate(lists), 10))).toBe(
          lists.some((list) => new Set(list).size < list.length),
        );
      }),
    );
  });

  it("have a higher rate for songs that are repeated more", () => {
    const lists = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? [0, 1, 0] : [0, 1, 2]));
    const [often = 0, never = 0, other = 0] = computeRepeatRates(indexPlaylists(concatenate(lists), 3));
    expect(often).toBeGreaterThan(0);
    expect(never).toBeLessThan(other);
  });
});
