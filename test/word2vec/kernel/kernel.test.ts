import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Hyperparameters, resolveHyperparameters } from "../../../src/word2vec/hyperparameters.ts";
import { createKernel, type KernelVariant, kernelVariants } from "../../../src/word2vec/kernel/kernel.ts";
import { allocate, floats, type Plays } from "../../../src/word2vec/kernel/layout.ts";
import { prepare } from "../../../src/word2vec/kernel/prepare.ts";
import { chooseKernel } from "../../../src/word2vec/kernel/self-test.ts";
import { createRandom, integerBelow } from "../../../src/word2vec/random.ts";
import { groupedPlaylists, toPlays } from "../../helpers/plays.ts";

const tolerance = 1e-4;
/** A rate at which 64 negatives of a vocabulary of 2 do not blow rounding errors up. */
const gentle = 0.005;

async function trainWith(
  variant: KernelVariant,
  plays: Plays,
  hyperparameters: Hyperparameters,
  passes = 1,
  rate = 0.05,
) {
  const { memory, layout } = prepare(plays, hyperparameters, allocate);
  const kernel = await createKernel(variant, memory, layout, hyperparameters, 0);
  kernel.seed(hyperparameters.seed, 1, 1);
  for (let pass = 0; pass < passes; pass++) kernel.train(0, layout.playlists, rate);
  const size = layout.songs * layout.stride;
  return {
    input: floats(memory, layout.input, size),
    output: floats(memory, layout.output, size),
    stride: layout.stride,
    tokens: new Uint32Array(memory.buffer, layout.tokens, layout.plays),
    ...kernel.takeLoss(),
  };
}

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
    const [tested, reference] = await Promise.all(
      [variant, "typescript" as const].map((v) => trainWith(v, plays, small({ vectorSize: 100, ...objective }))),
    );
    if (!tested || !reference) throw new Error("both were trained");
    expect(largestDifference(tested.input, reference.input)).toBeLessThan(tolerance);
    expect(largestDifference(tested.output, reference.output)).toBeLessThan(tolerance);
    expect(tested.pairs).toBe(reference.pairs);
    expect(tested.loss / tested.pairs).toBeCloseTo(reference.loss / reference.pairs, 4);
  });

  it("moves the vectors of songs played together towards each other", async () => {
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

  it("adds both gains of a song that stands twice in a window", async () => {
    const plays = toPlays(
      [
        [0, 1, 0, 1, 0, 1],
        [1, 1, 1, 1],
      ],
      2,
    );
    const hyperparameters = small({ vectorSize: 5, negative: 30, window: 4, shrinkWindows: false });
    const [tested, reference] = await Promise.all([
      trainWith(variant, plays, hyperparameters, 3),
      trainWith("typescript", plays, hyperparameters, 3),
    ]);
    expect(largestDifference(tested.input, reference.input)).toBeLessThan(tolerance);
  });

  it("thins out frequent songs as the reference does", async () => {
    const plays = toPlays(groupedPlaylists({ groups: 1, size: 10, playlists: 40, length: 12, seed: 8 }), 10);
    const hyperparameters = small({ sample: 0.01 });
    const [tested, reference] = await Promise.all([
      trainWith(variant, plays, hyperparameters),
      trainWith("typescript", plays, hyperparameters),
    ]);
    expect(tested.pairs).toBe(reference.pairs);
    expect(tested.pairs).toBeLessThan((await trainWith(variant, plays, small())).pairs);
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
          const [tested, reference] = await Promise.all([
            trainWith(variant, plays, small(overrides), 1, gentle),
            trainWith("typescript", plays, small(overrides), 1, gentle),
          ]);
          expect(largestDifference(tested.input, reference.input)).toBeLessThan(tolerance);
          expect(largestDifference(tested.output, reference.output)).toBeLessThan(tolerance);
          expect(tested.pairs).toBe(reference.pairs);
          expect(tested.tokens).toEqual(plays.tokens);
        }),
        { numRuns: 60 },
      );
    },
  );

  it(
    "writes to nothing but the vectors and its own scratch, and gives finite numbers at any rate, for lists of 2 to 2,000",
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
            const most = overrides.window === "playlist" || variant === "typescript" ? 150 : 2000;
            const plays = toPlays(
              sizes.map((length) => Array.from({ length: Math.min(length, most) }, () => integerBelow(songs, random))),
              songs,
            );
            const hyperparameters = { ...small(overrides), workers: 3 };
            const { memory, layout } = prepare(plays, hyperparameters, allocate);
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
            for (const [at, value] of floats(memory, layout.input, 2 * layout.songs * layout.stride).entries()) {
              if (!Number.isFinite(value) || (value !== 0 && at % layout.stride >= hyperparameters.vectorSize))
                expect.fail(`component ${at} is ${value}`);
            }
            expect(kernel.takeLoss().loss).toSatisfy(Number.isFinite);
          },
        ),
        { numRuns: variant === "typescript" ? 5 : 25 },
      );
    },
  );
});

describe("choosing a kernel", () => {
  const objective = resolveHyperparameters("article");

  it("takes 256-bit code or relaxed SIMD, and says why not the other", async () => {
    const { variant, refused } = await chooseKernel(objective);
    if (variant === "simd-256") expect(refused).toEqual([]);
    else
      expect({ variant, refused }).toEqual({
        variant: "relaxed-simd",
        refused: [{ variant: "simd-256", reason: expect.stringMatching(/times as fast/) }],
      });
  });

  it("takes the same each time, whatever is sampled, since kernels round differently and a seed is to train to the same bytes", async () => {
    const chosen = new Set<KernelVariant>();
    for (let i = 0; i < 10; i++)
      chosen.add((await chooseKernel(resolveHyperparameters("article", { hs: i % 2 === 0, sample: 1e-9 }))).variant);
    expect([...chosen]).toEqual([(await chooseKernel(objective)).variant]);
  });

  it("falls back to the plain TypeScript kernel", async () => {
    expect(await chooseKernel(objective, [])).toEqual({ variant: "typescript", refused: [] });
  });
});
