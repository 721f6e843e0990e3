import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Catalogue } from "../../../src/recommend/query/scope.ts";
import { fillPage } from "../../../src/recommend/query/pages.ts";
import type { LazyRanking } from "../../../src/recommend/query/rankings.ts";
import { maxNearest } from "../../../src/recommend/vectors/vector-ranker.ts";

const length = 40_000;
const first = length - 1;

/** Everything is by one artist but the last song played, and that in the middle. */
const catalogue: Catalogue = {
  length,
  songAt: (row) => ({ title: `${row}`, artist: row === first || row === length / 2 ? `${row}` : "Everybody" }),
  playsOf: () => 1,
  similarity: (_, rows) => rows,
};

/** The last row is ranked first. */
function ranker(asked: number[] = []): LazyRanking {
  return async (count) => {
    asked.push(count);
    const rows = Uint32Array.from({ length: Math.min(count, length) }, (_, i) => first - i);
    return { rows, scores: rows };
  };
}

describe("a page", () => {
  it("takes as many songs as it has, where nothing is left out", async () => {
    const asked: number[] = [];
    const { rows } = await fillPage({ limit: 3, offset: 2 }, [], () => false, catalogue, ranker(asked));
    expect([[...rows], asked]).toEqual([[first - 2, first - 3, first - 4], [5]]);
  });

  it("goes on until it is full, beyond what is ranked by all other songs, the most played first", async () => {
    const asked: number[] = [];
    const page = { limit: 4, maxPerArtist: 1 };
    const { rows, scores } = await fillPage(page, [], (row) => row === 0, catalogue, ranker(asked));
    expect([...rows]).toEqual([first, first - 1, length / 2]);
    expect(Array.from(scores)).toEqual([first, first - 1, first - maxNearest + 1]);
    expect(asked.at(-1)).toBe(maxNearest);
  });

  it("lets the event loop turn every few milliseconds of reading names", async () => {
    let now = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
    let [read, most] = [0, 0];
    const turn = () => {
      most = Math.max(most, read);
      read = 0;
      immediate = setImmediate(turn);
    };
    let immediate = setImmediate(turn);
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
    await fillPage({ limit: 4, maxPerArtist: 1 }, [], () => false, slow, ranker());
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(128);
  });
});
