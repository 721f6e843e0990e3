import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Hyperparameters, resolveHyperparameters } from "../../../src/word2vec/hyperparameters.ts";
import { createKernel, type KernelVariant, kernelVariants } from "../../../src/word2vec/kernel/kernel.ts";
import { type Plays, uint32View } from "../../../src/word2vec/kernel/layout.ts";
import { createRandom, integerBelow } from "../../../src/word2vec/random.ts";
import { groupedPlaylists, toPlays } from "../../helpers/plays.ts";
import { createReferenceKernel } from "./reference.ts";
import { layOutTraining } from "./training.ts";

const tolerance = 1e-4;
/** A learning rate at which 64 negatives of a vocabulary of 2 do not amplify rounding errors. */
const gentle = 0.005;

async function trainWith(
  create: typeof createReferenceKernel | KernelVariant,
  plays: Plays,
  hyperparameters: Hyperparameters,
  passes = 1,
  rate = 0.05,
) {
  const { memory, layout, ...matrices } = layOutTraining(plays, hyperparameters);
  const kernel =
    typeof create === "string"
      ? await createKernel(create, memory, layout, hyperparameters, 0)
      : create(memory, layout, hyperparameters);
  kernel.seed(hyperparameters.seed, 1, 1);
  for (let pass = 0; pass < passes; pass++) kernel.train(0, layout.playlists, rate);
  const tokens = uint32View(memory, layout.tokens, layout.plays);
  return { ...matrices, stride: layout.stride, tokens, ...kernel.takeLoss() };
}

/** Trains with a kernel, and expects the same result from the reference. */
async function expectSameAsReference(variant: KernelVariant, ...training: Tail<Parameters<typeof trainWith>>) {
  const tested = await trainWith(variant, ...training);
  const reference = await trainWith(createReferenceKernel, ...training);
  for (const matrix of ["input", "output"] as const)
    expect(largestDifference(tested[matrix], reference[matrix])).toBeLessThan(tolerance);
  expect(tested.pairs).toBe(reference.pairs);
  expect(Math.abs(tested.loss - reference.loss)).toBeLessThanOrEqual(1e-5 * reference.loss);
  return tested;
}

type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : never;

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce(
    (most, value, i) => (Number.isFinite(value) ? Math.max(most, Math.abs(value - (b[i] as number))) : Infinity),
    0,
  );
}

const small = (overrides: Partial<Hyperparameters> = {}) =>
  resolveHyperparameters("article", { vectorSize: 32, workers: 1, ...overrides });

const objectives = {
  "skip-gram, a draw for each window": {},
  "skip-gram, a draw for each block": { negativeSharing: "block" },
  "skip-gram, hierarchical softmax": { hs: true },
  "CBOW, mean": { sg: false },
  "CBOW, sum": { sg: false, cbowMean: false },
  "CBOW, a draw for each block": { sg: false, negativeSharing: "block" },
  "CBOW, hierarchical softmax": { sg: false, hs: true },
  "negatives from all songs, not from a pool": { negativePool: 0 },
  "all pairs of a playlist": { window: "playlist" },
} as const;

const legal = fc.record({
  vectorSize: fc.integer({ min: 1, max: 300 }),
  window: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 50 }) },
    { weight: 1, arbitrary: fc.constant("playlist" as const) },
  ),
  negative: fc.integer({ min: 1, max: 64 }),
  alpha: fc.constantFrom(0.001, 0.025, 0.1, 1),
  shrinkWindows: fc.boolean(),
  sample: fc.constantFrom(0, 0, 1e-3, 0.1),
  nsExponent: fc.constantFrom(-2, -0.5, 0, 0.75, 2),
  sg: fc.boolean(),
  hs: fc.boolean(),
  cbowMean: fc.boolean(),
  negativeSharing: fc.constantFrom("window" as const, "block" as const),
  blockSize: fc.integer({ min: 2, max: 32 }),
  blockNegatives: fc.integer({ min: 1, max: 64 }),
  negativePool: fc.integer({ min: 0, max: 100 }),
});

describe.each(kernelVariants)("the %s kernel", (variant) => {
  it.each(Object.entries(objectives))("agrees with the reference after 1,000 windows: %s", async (_, objective) => {
    const plays = toPlays(groupedPlaylists({ groups: 5, size: 20, playlists: 50, length: 20, seed: 3 }), 100);
    await expectSameAsReference(variant, plays, small({ vectorSize: 100, ...objective }));
  });

  it("moves the vectors of co-occurring songs towards each other", async () => {
    const plays = toPlays(groupedPlaylists({ groups: 2, size: 5, playlists: 200, length: 6, seed: 5 }), 10);
    const { input, output, stride } = await trainWith(variant, plays, small({ negative: 5 }), 5);
    const score = (a: number, b: number) => {
      let sum = 0;
      for (let d = 0; d < 32; d++) sum += (input[a * stride + d] as number) * (output[b * stride + d] as number);
      return sum;
    };
    expect(score(0, 1)).toBeGreaterThan(score(0, 6) + 1);
    expect(score(7, 8)).toBeGreaterThan(score(7, 2) + 1);
  });

  it("adds both gains of a song that occurs twice in a window", async () => {
    const plays = toPlays(
      [
        [0, 1, 0, 1, 0, 1],
        [1, 1, 1, 1],
      ],
      2,
    );
    const hyperparameters = small({ vectorSize: 5, negative: 30, window: 4, shrinkWindows: false });
    await expectSameAsReference(variant, plays, hyperparameters, 3);
  });

  it("subsamples frequent songs like the reference", async () => {
    const plays = toPlays(groupedPlaylists({ groups: 1, size: 10, playlists: 40, length: 12, seed: 8 }), 10);
    const { pairs } = await expectSameAsReference(variant, plays, small({ sample: 0.01 }));
    expect(pairs).toBeLessThan((await trainWith(variant, plays, small())).pairs);
  });

  it(
    "never gives NaN, agrees with the reference and leaves the plays alone, whatever the hyperparameters",
    { timeout: 240_000 },
    async () => {
      const lists = fc.array(fc.array(fc.nat(40), { minLength: 2, maxLength: 100 }), { minLength: 1, maxLength: 5 });
      await fc.assert(
        fc.asyncProperty(lists, legal, fc.constantFrom(2, 3, 41), async (playlists, overrides, songs) => {
          const plays = toPlays(
            playlists.map((playlist) => playlist.map((song) => song % songs)),
            songs,
          );
          const tested = await expectSameAsReference(variant, plays, small(overrides), 1, gentle);
          expect(tested.tokens).toEqual(plays.tokens);
        }),
        { numRuns: 60 },
      );
    },
  );

  it(
    "writes only to vectors and scratch, with finite results at any learning rate, for 2 to 2,000 songs",
    { timeout: 240_000 },
    async () => {
      const size = fc.oneof(fc.constantFrom(2, 2000), fc.integer({ min: 2, max: 2000 }));
      await fc.assert(
        fc.asyncProperty(
          fc.array(size, { minLength: 1, maxLength: 2 }),
          legal,
          fc.constantFrom(2, 41),
          fc.nat(),
          async (sizes, overrides, songs, seed) => {
            const random = createRandom(seed, 1, 2);
            const most = overrides.window === "playlist" ? 150 : 2000;
            const plays = toPlays(
              sizes.map((length) => Array.from({ length: Math.min(length, most) }, () => integerBelow(songs, random))),
              songs,
            );
            const hyperparameters = { ...small(overrides), workers: 3 };
            const { memory, layout, input, output } = layOutTraining(plays, hyperparameters);
            const kernel = await createKernel(variant, memory, layout, hyperparameters, 1);
            const bytes = new Uint8Array(memory.buffer);
            const own = [
              layout.output + layout.songs * layout.stride * 4,
              layout.scratch + layout.scratchBytes,
              layout.scratch + 2 * layout.scratchBytes,
            ] as const;
            const others = () =>
              [bytes.subarray(0, layout.input), bytes.subarray(own[0], own[1]), bytes.subarray(own[2])].map((part) =>
                createHash("sha256").update(part).digest("hex"),
              );
            const before = others();
            kernel.seed(seed, 1, 1);
            for (let pass = 0; pass < 2; pass++) kernel.train(0, layout.playlists, hyperparameters.alpha);
            expect(others()).toEqual(before);
            for (const matrix of [input, output]) {
              for (const [at, value] of matrix.entries()) {
                if (!Number.isFinite(value) || (value !== 0 && at % layout.stride >= hyperparameters.vectorSize))
                  expect.fail(`component ${at} is ${value}`);
              }
            }
            expect(kernel.takeLoss().loss).toSatisfy(Number.isFinite);
          },
        ),
        { numRuns: 25 },
      );
    },
  );
});
