import { describe, expect, it } from "vitest";
import { pageInSteps } from "../../../src/recommend/query/pages.ts";
import { inOneStep, type Ranker, type RankerAtOnce } from "../../../src/recommend/query/rankers.ts";
import { mostNearest } from "../../../src/recommend/vectors/ranking.ts";
import type { Catalogue } from "../../../src/recommend/query/rerank.ts";
import { atOnce, inTurns } from "../../../src/recommend/pool/steps.ts";
import { paced } from "../../../src/recommend/pool/turns.ts";

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
function ranked(asked: number[]): RankerAtOnce {
  return (count) => {
    asked.push(count);
    const rows = Uint32Array.from({ length: Math.min(count, length) }, (_, i) => first - i);
    return { rows, scores: rows };
  };
}

describe("a page", () => {
  it("takes as many songs as it has, where nothing is left out", () => {
    const asked: number[] = [];
    const { rows } = atOnce(pageInSteps({ limit: 3, offset: 2 }, [], () => false, catalogue, inOneStep(ranked(asked))));
    expect([[...rows], asked]).toEqual([[first - 2, first - 3, first - 4], [5]]);
  });

  it("goes on until it is full, beyond what is ranked by all other songs, the most played first", async () => {
    const asked: number[] = [];
    const page = { limit: 4, maxPerArtist: 1 };
    const { rows, scores } = atOnce(pageInSteps(page, [], (row) => row === 0, catalogue, inOneStep(ranked(asked))));
    expect([...rows]).toEqual([first, first - 1, length / 2]);
    expect(Array.from(scores)).toEqual([first, first - 1, first - mostNearest + 1]);
    expect(asked.at(-1)).toBe(mostNearest);
    const elsewhere: Ranker = function* (count) {
      return (yield { now: () => expect.unreachable(), aside: async () => ranked([])(count) }) ?? expect.unreachable();
    };
    expect(
      await inTurns(
        pageInSteps(page, [], (row) => row === 0, catalogue, elsewhere),
        paced(),
      ),
    ).toEqual({ rows, scores });
  });

  it("is made in short steps, each of which reads few names", () => {
    let read = 0;
    const counted = {
      ...catalogue,
      songAt: (row: number) => {
        read++;
        return catalogue.songAt(row);
      },
    };
    const steps = pageInSteps({ limit: 4, maxPerArtist: 1 }, [], () => false, counted, inOneStep(ranked([])));
    let most = 0;
    for (let step = steps.next(); !step.done; step = steps.next()) {
      most = Math.max(most, read);
      read = 0;
    }
    expect(most).toBeLessThanOrEqual(1000);
  });
});
