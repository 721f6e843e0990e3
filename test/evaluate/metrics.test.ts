import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/word2vec/random.ts";
import { itemKnn, popularity, sessionKnn } from "../../src/evaluate/baselines.ts";
import { decidePromotion } from "../../src/evaluate/promotion-rule.ts";
import { bootstrap, computeMetrics } from "../../src/evaluate/metrics.ts";
import { indexPlaylists } from "../../src/model/memory/playlist-index.ts";

describe("a judged answer", () => {
  it("has the figures of its definition", () => {
    const { ndcg10, reciprocalRank, ...rest } = computeMetrics([9, 1, 8, 2], new Set([1, 2]), 3);
    expect(rest).toEqual({
      hitRate10: 1,
      hitRate100: 1,
      ndcg100: ndcg10,
      recall10: 2 / 3,
      recall100: 2 / 3,
      rPrecision: 1 / 3,
    });
    expect(ndcg10).toBeCloseTo((1 / Math.log2(3) + 1 / Math.log2(5)) / (1 + 1 / Math.log2(3) + 1 / Math.log2(4)), 12);
    expect(reciprocalRank).toBe(0.5);
  });

  it("is perfect where the truth comes first, and nothing where it is missing", () => {
    expect(Object.values(computeMetrics([4, 5], new Set([4, 5]), 2))).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    expect(Object.values(computeMetrics([4, 5], new Set([6]), 1)).every((figure) => figure === 0)).toBe(true);
  });
});

it("the bootstrap interval holds the mean, and narrows with more values", () => {
  const random = createRandom(3);
  const values = (count: number) => Array.from({ length: count }, (_, i) => i % 2);
  const [low, high] = bootstrap(values(100), random);
  const [lower, higher] = bootstrap(values(10_000), random);
  expect(low).toBeLessThan(0.5);
  expect(high).toBeGreaterThan(0.5);
  expect(higher - lower).toBeLessThan((high - low) / 5);
});

describe("a baseline", () => {
  const index = indexPlaylists(
    { offsets: Uint32Array.of(0, 3, 6, 8), rows: Uint32Array.of(0, 1, 2, 0, 1, 3, 4, 0) },
    5,
  );
  const query = Uint32Array.of(1);

  it("of popularity answers the most played songs that are not in the question", () => {
    expect([...popularity(5)(Uint32Array.of(0), 2)]).toEqual([1, 2]);
  });

  it("of item-kNN answers by the cosine of the playlists", () => {
    expect([...itemKnn(index)(query, 3)]).toEqual([0, 2, 3]);
  });

  it("of session-kNN answers what is in the playlists with most in common", () => {
    expect([...sessionKnn(index)(Uint32Array.of(1, 2), 2)]).toEqual([0, 3]);
  });
});

describe("the gate", () => {
  const figures = (candidate: number, active: number, count = 100) =>
    Array.from({ length: count }, (_, i) => ({ candidate: candidate + (i % 5) / 50, active: active + (i % 7) / 50 }));

  it("lets a better version and one that is as good through, and a worse one not", () => {
    expect(decidePromotion(figures(0.3, 0.1)).reason).toBeNull();
    expect(decidePromotion(figures(0.2, 0.18)).reason).toBeNull();
    expect(decidePromotion(figures(0.1, 0.3)).reason).toMatch(
      /NDCG@10 of 100 held-out playlists is 0\.1400, that of the active version 0\.3/,
    );
  });

  it("says nothing by a handful of playlists", () => {
    expect(decidePromotion(figures(0.1, 0.9, 5))).toEqual({ reason: null, figure: null, activeFigure: null, cases: 5 });
  });
});
