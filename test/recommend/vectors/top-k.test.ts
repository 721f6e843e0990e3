import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { topK } from "../../../src/recommend/vectors/top-k.ts";

/** The reference: a full sort. */
function sorted(scores: Float32Array, k: number, excluded: ReadonlySet<number>): number[] {
  const rows = [...scores.keys()].filter((row) => !excluded.has(row));
  return rows.toSorted((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b).slice(0, k);
}

const none = new Set<number>();

describe("the best k", () => {
  it("come best first, with ties in order of rows", () => {
    expect([...topK(Float32Array.of(1, 3, 2, 3, 0, 3), 4, none)]).toEqual([1, 3, 5, 2]);
  });

  it("skip excluded rows, and are all others if k is larger", () => {
    expect([...topK(Float32Array.of(1, 3, 2), 10, new Set([1]))]).toEqual([2, 0]);
    expect([...topK(Float32Array.of(1, 3), 10, new Set([0, 1]))]).toEqual([]);
    expect([...topK(new Float32Array(), 10, none)]).toEqual([]);
    expect([...topK(Float32Array.of(1, 3), 0, none)]).toEqual([]);
  });

  it("equal those of a full sort, with few and with many distinct scores", () => {
    const score = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.float({ noNaN: true }));
    const rows = fc.array(fc.nat(300), { maxLength: 100 });
    fc.assert(
      fc.property(fc.array(score, { maxLength: 300 }), fc.nat(310), rows, (list, k, excludedRows) => {
        const scores = Float32Array.from(list);
        const excluded = new Set(excludedRows);
        expect([...topK(scores, k, excluded)]).toEqual(sorted(scores, k, excluded));
      }),
      { numRuns: 500 },
    );
  });

  it("are found in ascending and descending scores of a large catalogue", () => {
    const rising = Float32Array.from({ length: 100_000 }, (_, row) => row >> 1);
    const excluded = new Set([0, 1, 99_999]);
    for (const scores of [rising, rising.toReversed()])
      expect([...topK(scores, 1000, excluded)]).toEqual(sorted(scores, 1000, excluded));
  });
});
