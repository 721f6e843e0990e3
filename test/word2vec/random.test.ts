import { describe, expect, it } from "vitest";
import { createRandom, shuffle } from "../../src/word2vec/random.ts";

describe("random numbers", () => {
  it("are those of sfc32, and depend on the seeds only", () => {
    const first = (random: () => number) => Array.from({ length: 4 }, () => 2 ** 32 * random());
    expect(first(createRandom(7))).toEqual([888_617_221, 1_677_882_914, 1_993_636_295, 2_881_732_532]);
    expect(first(createRandom(7, 0x5eed, 0))).toEqual([2_382_460_182, 3_729_306_785, 30_421_182, 2_819_114_852]);
  });
});

describe("shuffling", () => {
  it("is a permutation that depends on the seed only", () => {
    const orders = [1, 1, 2].map((seed) => [...shuffle(new Uint32Array(1000), createRandom(seed), 5)]);
    expect(orders[0]).toEqual(orders[1]);
    expect(orders[0]).not.toEqual(orders[2]);
    expect(orders[0]?.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => 5 + i));
  });
});
