import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Catalogue } from "../../../src/recommend/query/scope.ts";
import { fillPage } from "../../../src/recommend/query/pages.ts";
import type { LazyRanking } from "../../../src/recommend/query/rankings.ts";
import { maxNearest } from "../../../src/recommend/vectors/vector-ranker.ts";

const length = 40_000;
const first = length - 1;

/** All songs are by one artist, except the least played one and one in the middle. */
const catalogue: Catalogue = {
  length,
  songAt: (row) => ({ title: `${row}`, artist: row === first || row === length / 2 ? `${row}` : "Everybody" }),
  popularityOf: () => 1,
  artistKey: (artist) => artist,
  similarity: (_, rows) => rows,
};

/** The last row is ranked first. */
function rankingOf(counts: number[] = []): LazyRanking {
  return async (count) => {
    counts.push(count);
    const rows = Uint32Array.from({ length: Math.min(count, length) }, (_, i) => first - i);
    return { rows, scores: rows };
  };
}

describe("a page", () => {
  it("ranks no more songs than the page has, without limits", async () => {
    const counts: number[] = [];
    const { rows } = await fillPage({ limit: 3, offset: 2 }, [], () => false, catalogue, rankingOf(counts));
    expect([[...rows], counts]).toEqual([[first - 2, first - 3, first - 4], [5]]);
  });

  it("is filled with all other songs in order of plays, beyond the largest ranking", async () => {
    const counts: number[] = [];
    const page = { limit: 4, maxPerArtist: 1 };
    const { rows, scores } = await fillPage(page, [], (row) => row === 0, catalogue, rankingOf(counts));
    expect([...rows]).toEqual([first, first - 1, length / 2]);
    expect(Array.from(scores)).toEqual([first, first - 1, first - maxNearest + 1]);
    expect(counts.at(-1)).toBe(maxNearest);
  });

  it("yields to the event loop every few milliseconds", async () => {
    let now = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
    let [read, most] = [0, 0];
    const countRound = () => {
      most = Math.max(most, read);
      read = 0;
      immediate = setImmediate(countRound);
    };
    let immediate = setImmediate(countRound);
    onTestFinished(() => {
      clearImmediate(immediate);
      clock.mockRestore();
    });
    const slow = {
      ...catalogue,
      songAt(row: number) {
        read++;
        now += 0.05;
        return catalogue.songAt(row);
      },
    };
    await fillPage({ limit: 4, maxPerArtist: 1 }, [], () => false, slow, rankingOf());
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(128);
  });
});
