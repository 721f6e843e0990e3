import { type Hyperparameters, resolveHyperparameters } from "../hyperparameters.ts";
import { createRandom, integerBelow } from "../random.ts";
import { createKernel, type Kernel, type KernelVariant, kernelVariants } from "./kernel.ts";
import { allocate, float32View, type Layout, type Plays } from "./layout.ts";
import { prepare } from "./prepare.ts";

/** Which kernel trains here, and why the faster ones do not. */
export interface KernelChoice {
  readonly variant: KernelVariant;
  readonly rejected: readonly { readonly variant: KernelVariant; readonly reason: string }[];
}

/** How the training at hand puts its pairs together; what is tested. */
export type Objective = Pick<Hyperparameters, "sg" | "hs" | "cbowMean" | "negativeSharing" | "alpha">;

const tolerance = 1e-4;
/** Of a race: what is enough to end it after five laps, and how long it goes on at most. */
const clearGain = 1.1;
const maxRuns = 40;
const shapes = {
  test: { vectorSize: 40, window: 6, negative: 9 },
  race: { vectorSize: 256, window: 10, negative: 20 },
};

/**
 * The fastest kernel that runs here and agrees with plain SIMD, which is trusted, on a small training. 256-bit code has to
 * win a short race besides, since only that shows whether this runtime really makes it.
 * @param create makes the kernels
 * @throws where plain SIMD is not built
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
  const gain = compareSpeed(await build(first, "race"), await build(second, "race"));
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

/** Why vectors are not those of the trusted kernel. */
function describeDifference(tested: Float32Array, trusted: Float32Array): string | undefined {
  const difference = tested.reduce(
    (most, value, i) => Math.max(most, Number.isFinite(value) ? Math.abs(value - (trusted[i] as number)) : Infinity),
    0,
  );
  return difference < tolerance ? undefined : `differs from plain SIMD by ${difference}`;
}

/**
 * How many times as fast as the second the first is: the quickest of at least five laps of each in turn, since whatever
 * else runs here only ever adds to a lap; more laps while that does not tell them apart, so that the choice, and with it
 * what a seed trains to, is the same beside busy neighbours.
 */
function compareSpeed(first: SmallTraining, second: SmallTraining): number {
  const lap = ({ kernel, layout }: SmallTraining) => {
    const started = performance.now();
    kernel.train(0, layout.playlists, 0.01);
    return performance.now() - started;
  };
  let gain = 0;
  for (let laps = 0, best = Infinity, others = Infinity; laps < 5 || (laps < maxRuns && gain < clearGain); laps++) {
    others = Math.min(others, lap(second));
    best = Math.min(best, lap(first));
    gain = others / best;
  }
  return gain;
}

interface SmallTraining {
  readonly memory: WebAssembly.Memory;
  readonly layout: Layout;
  readonly kernel: Kernel;
}

/** Of the settings at hand only those of the objective: with all of them there may be nothing to train on so little, and a test that sees nothing. */
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
