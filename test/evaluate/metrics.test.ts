import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/word2vec/random.ts";
import { itemKnn, popularity, sessionKnn } from "../../src/evaluate/baselines.ts";
import { decidePromotion } from "../../src/evaluate/promotion-rule.ts";
import { bootstrap, computeMetrics } from "../../src/evaluate/metrics.ts";
import { indexPlaylists } from "../../src/model/memory/playlist-index.ts";

describe("metrics", () => {
  it("follow their definitions", () => {
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

  it("are 1 if the truth comes first, and 0 if it is missing", () => {
    expect(Object.values(computeMetrics([4, 5], new Set([4, 5]), 2))).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    expect(Object.values(computeMetrics([4, 5], new Set([6]), 1)).every((figure) => figure === 0)).toBe(true);
  });
});

it("the bootstrap interval contains the mean, and narrows with more values", () => {
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

  it("by popularity returns the songs of the most playlists that are not in the query", () => {
    expect([...popularity(Uint32Array.of(3, 0, 1, 2))(Uint32Array.of(0), 2)]).toEqual([3, 1]);
  });

  it("by item-kNN ranks by the cosine of the playlists", () => {
    expect([...itemKnn(index)(query, 3)]).toEqual([0, 2, 3]);
  });

  it("by session-kNN returns the songs of the most similar playlists", () => {
    expect([...sessionKnn(index)(Uint32Array.of(1, 2), 2)]).toEqual([0, 3]);
  });
});

describe("the promotion check", () => {
  const figures = (candidate: number, active: number, count = 100) =>
    Array.from({ length: count }, (_, i) => ({ candidate: candidate + (i % 5) / 50, active: active + (i % 7) / 50 }));

  it("accepts a better or equal version, and rejects a worse one", () => {
    expect(decidePromotion(figures(0.3, 0.1)).reason).toBeNull();
    expect(decidePromotion(figures(0.2, 0.18)).reason).toBeNull();
    expect(decidePromotion(figures(0.1, 0.3)).reason).toMatch(
      /NDCG@10 of 100 held-out playlists is 0\.1400, that of the active version 0\.3/,
    );
  });

  it("does not compare versions by a few playlists", () => {
    expect(decidePromotion(figures(0.1, 0.9, 5))).toEqual({ reason: null, figure: null, activeFigure: null, cases: 5 });
  });
});
