import { describe, expect, it } from "vitest";
import { drawCandidates } from "../../../src/training/tuning/search-space.ts";
import {
  hyperparametersSchema,
  type Overrides,
  resolveHyperparameters,
} from "../../../src/word2vec/hyperparameters.ts";

const base = resolveHyperparameters("tuned", { vectorSize: 100 });
const draw = (seed: number, count = 300): Overrides[] => drawCandidates(base, seed).take(count).toArray();

describe("the candidates of a tuning", () => {
  it("start with the preset and contain no duplicates", () => {
    const drawn = draw(1);
    expect(drawn[0]).toEqual({});
    expect(new Set(drawn.map((overrides) => JSON.stringify(overrides))).size).toBe(300);
  });

  it("depend on the seed only", () => {
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it("are valid hyperparameters, with at most the vector size of the base", () => {
    for (const overrides of draw(2)) {
      const { vectorSize, hs } = hyperparametersSchema.parse({ ...base, ...overrides });
      expect(vectorSize).toBeLessThanOrEqual(100);
      if (hs) expect(Object.keys(overrides)).not.toContain("negative");
    }
  });

  it("end when the search space is exhausted", () => {
    const all = drawCandidates({ ...base, vectorSize: 1 }, 1).toArray();
    expect(all.length).toBeGreaterThan(1000);
  });
});
