import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Song2vecError } from "../../../src/errors.ts";
import { type Hyperparameters, resolveHyperparameters } from "../../../src/word2vec/hyperparameters.ts";
import type { Shape } from "../../../src/word2vec/kernel/layout.ts";
import { type Budget, planMemory } from "../../../src/word2vec/kernel/plan.ts";

const gibibyte = 2 ** 30;

/** Songs with `songs` … 1 plays. */
function shapeWith(songs: number): Shape {
  const counts = Uint32Array.from({ length: songs }, (_, row) => songs - row);
  return { songs, plays: 3 * songs, playlists: songs, longestPlaylist: 100, pathNodes: 0, cases: 0, counts };
}

const article = (overrides: Partial<Hyperparameters> = {}) =>
  resolveHyperparameters("article", { workers: 1, ...overrides });

function refusal(shape: Shape, hyperparameters: Hyperparameters, budget?: Budget): Song2vecError | undefined {
  try {
    planMemory(shape, hyperparameters, budget);
    return undefined;
  } catch (error) {
    if (error instanceof Song2vecError) return error;
    throw error;
  }
}

describe("a training that is too large", () => {
  it("is rejected with its memory, the limit, and values that would fit", () => {
    const error = refusal(shapeWith(2_100_000), article());
    expect(error?.message).toMatch(
      /^Not enough memory: 2,100,000 songs with vectorSize 256 need 4\.0\d GiB, and WebAssembly has 4\.00 GiB\./,
    );
    expect(error?.advice).toMatch(/vectorSize 240, maxVocabulary 2,0[5-9]0,000,? or minCount \d0,001/);
    expect(refusal(shapeWith(2_000_000), article())).toBeUndefined();
  });

  it("is rejected if the machine has less memory, memory in use included", () => {
    const budget = { usedBytes: 0.5 * gibibyte, limit: gibibyte };
    expect(refusal(shapeWith(200_000), article(), budget)).toBeUndefined();
    const error = refusal(shapeWith(300_000), article(), budget);
    expect(error?.message).toMatch(
      /^Not enough memory: 300,000 songs with vectorSize 256 need 1\.\d\d GiB, and this machine has 1\.00 GiB\./,
    );
    expect(error?.advice).toMatch(/vectorSize 208, maxVocabulary 2\d\d,000,? or minCount \d+,001/);
    expect(refusal(shapeWith(300_000), article(), { usedBytes: 2 * gibibyte, limit: gibibyte })?.message).toContain(
      "No smaller vectorSize or maxVocabulary fits.",
    );
  });

  it("would fit with each suggested value, but not with a much larger one", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 200_000 }),
        fc.integer({ min: 2, max: 4096 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 3000 }),
        (songs, vectorSize, workers, megabytes) => {
          const shape = shapeWith(songs);
          const hyperparameters = article({ vectorSize, workers });
          const budget = { usedBytes: 50 * 2 ** 20, limit: megabytes * 2 ** 20 };
          const error = refusal(shape, hyperparameters, budget);
          if (!error) return;
          const { fitting } = error.params as {
            fitting: Partial<Record<"vectorSize" | "maxVocabulary" | "minCount", number>>;
          };
          if (fitting.vectorSize !== undefined) {
            expect(refusal(shape, { ...hyperparameters, vectorSize: fitting.vectorSize }, budget)).toBeUndefined();
            if (fitting.vectorSize + 16 < vectorSize)
              expect(refusal(shape, { ...hyperparameters, vectorSize: fitting.vectorSize + 16 }, budget)).toBeDefined();
          }
          const left = (count: number) => ({ ...shape, songs: count, counts: shape.counts.subarray(0, count) });
          if (fitting.maxVocabulary !== undefined) {
            expect(refusal(left(fitting.maxVocabulary), hyperparameters, budget)).toBeUndefined();
            expect(
              refusal(left(Math.min(songs, Math.ceil(fitting.maxVocabulary * 1.1) + 1)), hyperparameters, budget),
            ).toBeDefined();
          }
          const { minCount } = fitting;
          if (minCount !== undefined)
            expect(
              refusal(left(shape.counts.filter((count) => count >= minCount).length), hyperparameters, budget),
            ).toBeUndefined();
        },
      ),
      { numRuns: 200 },
    );
  });
});
