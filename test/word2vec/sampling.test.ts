import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fillAliasTable, keepThresholds } from "../../src/word2vec/sampling.ts";

/** The probability of each row, computed from an alias table. */
function probabilities(table: Uint32Array): number[] {
  const size = table.length / 2;
  const result = Array.from({ length: size }, () => 0);
  for (let row = 0; row < size; row++) {
    const share = (table[2 * row] as number) / 2 ** 32;
    const alias = table[2 * row + 1] as number;
    result[row] = (result[row] as number) + share / size;
    result[alias] = (result[alias] as number) + (1 - share) / size;
  }
  return result;
}

describe("the alias table", () => {
  it("draws songs in proportion to count^exponent, for any counts and exponent", () => {
    const counts = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(counts, fc.double({ min: -1, max: 1, noNaN: true }), (list, exponent) => {
        const table = new Uint32Array(2 * list.length);
        fillAliasTable(Uint32Array.from(list), exponent, table);
        const total = list.reduce((sum, count) => sum + count ** exponent, 0);
        probabilities(table).forEach((chance, row) =>
          expect(chance).toBeCloseTo((list[row] as number) ** exponent / total, 6),
        );
      }),
    );
  });
});

describe("subsampling", () => {
  it("keeps rare songs and drops plays of frequent ones by the formula of word2vec.c", () => {
    const counts = Uint32Array.of(900, 90, 10);
    const limit = 0.05 * 1000;
    const expected = [900, 90].map((count) => (Math.sqrt(count / limit) + 1) * (limit / count));
    const kept = [...keepThresholds(counts, 0.05)].map((threshold) => threshold / 2 ** 32);
    expect(kept[0]).toBeCloseTo(expected[0] as number, 6);
    expect(kept[1]).toBeCloseTo(Math.min(1, expected[1] as number), 6);
    expect(kept[2]).toBeCloseTo(1, 6);
  });
});
