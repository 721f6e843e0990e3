import { describe, expect, it } from "vitest";
import { type Overrides, resolveHyperparameters } from "../../../src/word2vec/hyperparameters.ts";
import { createKernel, kernelVariants } from "../../../src/word2vec/kernel/kernel.ts";
import { createRandom } from "../../../src/word2vec/random.ts";
import { toPlays } from "../../helpers/plays.ts";
import { layOutTraining } from "./training.ts";

/** Relative to the largest component. */
const tolerance = 0.01;
/** So small that one step hardly changes the next one. */
const rate = 1e-4;
const nudge = 0.01;

/**
 * Every playlist has three songs and every window holds all of it, so that each centre has two contexts: word2vec.c and
 * gensim give each of them the full gradient of their mean, which is twice its share, and half that of their sum.
 */
const playlists = [
  [0, 1, 2],
  [3, 1, 4],
  [2, 5, 0],
  [4, 3, 5],
];
const objectives: [string, Overrides, number][] = [
  ["skip-gram, a draw for each window", {}, 1],
  ["skip-gram, a draw for each block", { negativeSharing: "block", blockSize: 2, blockNegatives: 5 }, 1],
  ["skip-gram, hierarchical softmax", { hs: true }, 1],
  ["CBOW, mean", { sg: false }, 2],
  ["CBOW, sum", { sg: false, cbowMean: false }, 1 / 2],
  ["CBOW, a draw for each block", { sg: false, negativeSharing: "block", blockSize: 2, blockNegatives: 5 }, 2],
  ["CBOW, hierarchical softmax", { sg: false, hs: true }, 2],
];

async function setUp(variant: (typeof kernelVariants)[number], overrides: Overrides) {
  const hyperparameters = resolveHyperparameters("article", {
    vectorSize: 16,
    negative: 3,
    window: 5,
    shrinkWindows: false,
    workers: 1,
    ...overrides,
  });
  const { memory, layout, input, output } = layOutTraining(toPlays(playlists, 6), hyperparameters);
  const kernel = await createKernel(variant, memory, layout, hyperparameters, 0);
  const random = createRandom(1, 2, 3);
  const start = Float32Array.from({ length: input.length }, () => 2 * random() - 1);
  const other = Float32Array.from({ length: input.length }, () => 2 * random() - 1);

  /** Trains all playlists once from the same vectors and random numbers, but for one component; the loss before. */
  function run(at: number, matrix: "input" | "output", by: number, learningRate: number): number {
    input.set(start);
    output.set(other);
    const moved = matrix === "input" ? input : output;
    moved[at] = (moved[at] ?? 0) + by;
    kernel.seed(1, 1, 1);
    kernel.train(0, layout.playlists, learningRate);
    return kernel.takeLoss().loss;
  }

  return { run, matrices: { input: { now: input, before: start }, output: { now: output, before: other } } };
}

describe.each(kernelVariants)("the %s kernel descends the gradient of its loss", (variant) => {
  it.each(objectives)("%s", async (_, overrides, share) => {
    const { run, matrices } = await setUp(variant, overrides);
    for (const matrix of ["input", "output"] as const) {
      const { now, before } = matrices[matrix];
      run(0, matrix, 0, rate);
      const steps = now.map((value, i) => ((before[i] ?? 0) - value) / rate);
      const slopes = Float64Array.from(
        steps,
        (_step, i) => (run(i, matrix, nudge, 0) - run(i, matrix, -nudge, 0)) / (2 * nudge),
      );
      const largest = slopes.reduce((most, slope) => Math.max(most, Math.abs(slope)), 0);
      expect(largest).toBeGreaterThan(0.1);
      const factor = matrix === "input" ? share : 1;
      steps.forEach((step, i) => expect(Math.abs(step / factor - (slopes[i] ?? 0))).toBeLessThan(tolerance * largest));
    }
  });
});
