import { type Hyperparameters, resolveHyperparameters } from "../hyperparameters.ts";
import { createRandom, integerBelow } from "../random.ts";
import { createKernel, type Kernel, type KernelVariant, kernelVariants } from "./kernel.ts";
import { allocate, float32View, type Layout, type Plays } from "./layout.ts";
import { prepare } from "./prepare.ts";

/** The kernel to train with, and why faster ones were rejected. */
export interface KernelChoice {
  readonly variant: KernelVariant;
  readonly rejected: readonly { readonly variant: KernelVariant; readonly reason: string }[];
}

/** The hyperparameters that select code paths of the kernel. */
export type Objective = Pick<Hyperparameters, "sg" | "hs" | "cbowMean" | "negativeSharing" | "alpha">;

const tolerance = 1e-4;
/** A speed ratio that ends a comparison after five runs, and the maximum number of runs. */
const clearGain = 1.1;
const maxRuns = 40;
const shapes = {
  test: { vectorSize: 40, window: 6, negative: 9 },
  speed: { vectorSize: 256, window: 10, negative: 20 },
};

/**
 * Chooses the fastest kernel that this runtime supports and whose results on a small training agree with those of plain
 * SIMD, the reference. 256-bit code must also win a short speed comparison, because only that shows whether the runtime
 * generates it.
 * @param create creates the kernels
 * @throws if plain SIMD has not been built
 */
export async function chooseKernel(
  objective: Objective,
  candidates: readonly KernelVariant[] = kernelVariants,
  create: typeof createKernel = createKernel,
): Promise<KernelChoice> {
  const build = (variant: KernelVariant, shape: keyof typeof shapes) =>
    createSmallTraining(create, variant, objective, shape);
  const reference = trainSmall(await build("simd", "test"));
  const rejected: { variant: KernelVariant; reason: string }[] = [];
  const passed: KernelVariant[] = [];
  for (const variant of candidates) {
    const reason = await build(variant, "test").then(
      (small) => describeDifference(trainSmall(small), reference),
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (reason === undefined) passed.push(variant);
    else rejected.push({ variant, reason });
    if (passed.length === 2 || (passed.length === 1 && passed[0] !== "simd-256")) break;
  }
  const [first = "simd", second] = passed;
  if (second === undefined) return { variant: first, rejected };
  const gain = compareSpeed(await build(first, "speed"), await build(second, "speed"));
  if (gain > 1) return { variant: first, rejected };
  return {
    variant: second,
    rejected: [...rejected, { variant: first, reason: `${gain.toFixed(2)} times as fast as ${second}` }],
  };
}

function trainSmall({ memory, layout, kernel }: SmallTraining): Float32Array {
  for (let pass = 0; pass < 3; pass++) kernel.train(0, layout.playlists, 0.1);
  return float32View(memory, layout.input, 2 * layout.songs * layout.stride);
}

/** @returns how the vectors differ from the reference; undefined: they do not */
function describeDifference(tested: Float32Array, trusted: Float32Array): string | undefined {
  const difference = tested.reduce(
    (most, value, i) => Math.max(most, Number.isFinite(value) ? Math.abs(value - (trusted[i] as number)) : Infinity),
    0,
  );
  return difference < tolerance ? undefined : `differs from plain SIMD by ${difference}`;
}

/**
 * Compares the fastest of at least five alternating runs, because other processes can only slow a run down. Runs more
 * while the difference is small: the choice, and with it the result of a seed, must not depend on the load.
 * @returns how many times as fast as the second training the first one is
 */
function compareSpeed(first: SmallTraining, second: SmallTraining): number {
  const run = ({ kernel, layout }: SmallTraining) => {
    const started = performance.now();
    kernel.train(0, layout.playlists, 0.01);
    return performance.now() - started;
  };
  let gain = 0;
  for (let runs = 0, best = Infinity, others = Infinity; runs < 5 || (runs < maxRuns && gain < clearGain); runs++) {
    others = Math.min(others, run(second));
    best = Math.min(best, run(first));
    gain = others / best;
  }
  return gain;
}

interface SmallTraining {
  readonly memory: WebAssembly.Memory;
  readonly layout: Layout;
  readonly kernel: Kernel;
}

/** Uses the hyperparameters of the objective only: with others, such as minCount, the small corpus might be empty. */
async function createSmallTraining(
  create: typeof createKernel,
  variant: KernelVariant,
  { sg, hs, cbowMean, negativeSharing, alpha }: Objective,
  shape: keyof typeof shapes,
): Promise<SmallTraining> {
  const { negative: blockNegatives } = shapes[shape];
  const own = { sg, hs, cbowMean, negativeSharing, alpha, ...shapes[shape], blockNegatives, workers: 1, seed: 7 };
  const hyperparameters = resolveHyperparameters("article", own);
  const { memory, layout } = prepare(smallPlays(), hyperparameters, allocate);
  const kernel = await create(variant, memory, layout, hyperparameters, 0);
  kernel.seed(7, 0, 0);
  return { memory, layout, kernel };
}

function smallPlays(): Plays {
  const random = createRandom(1, 2, 3);
  const songs = 37;
  const lengths = Array.from({ length: 40 }, (_, i) => 1 + (i % 12));
  const offsets = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, i) => {
    offsets[i + 1] = (offsets[i] as number) + length;
  });
  const tokens = Uint32Array.from({ length: offsets[lengths.length] as number }, () => integerBelow(songs, random));
  const counts = new Uint32Array(songs).fill(1);
  for (const song of tokens) counts[song] = (counts[song] as number) + 1;
  return { tokens, offsets, counts };
}
