import type { Hyperparameters } from "../hyperparameters.ts";
import { bind, compile } from "./compile.ts";
import type { Layout } from "./layout.ts";
import { stepShape } from "./step-shape.ts";
import { enableRevectorizer } from "./revectorizer.ts";

/** From the fastest to the slowest. `simd-256` needs V8's revectorizer (revectorizer.ts). */
export const kernelVariants = ["simd-256", "relaxed-simd", "simd"] as const;
export type KernelVariant = (typeof kernelVariants)[number];

/** Speed relative to the fastest variant, measured on one Zen 4 core by `npm run bench:kernels`. */
const relativeSpeeds: Readonly<Record<KernelVariant, number>> = {
  "simd-256": 1,
  "relaxed-simd": 0.65,
  simd: 0.45,
};

/** How much slower a kernel is than the fastest one, for messages; undefined for the fastest. */
export function describeSlowdown(variant: KernelVariant): string | undefined {
  const times = 1 / relativeSpeeds[variant];
  return times > 1 ? `usually ${times.toFixed(1)} times slower than the ${kernelVariants[0]} kernel` : undefined;
}

/** Trains playlists in the shared memory of a layout; one per thread. */
export interface Kernel {
  /** Seeds the random numbers for (seed, worker, epoch). */
  seed(seed: number, worker: number, epoch: number): void;
  /** Trains the playlists order[first … last) at the learning rate. */
  train(first: number, last: number, rate: number): void;
  /** @returns sum of the loss and number of positive pairs since the last call */
  takeLoss(): { loss: number; pairs: number };
}

interface Exports {
  reserve(start: number, stride: number, longest: number): number;
  seed(first: number, second: number, third: number): void;
  train(first: number, last: number, rate: number): void;
  takeLoss(): number;
  takePairs(): number;
}

/** @throws if the variant has not been built, or the runtime does not support its instructions */
export function compileKernel(variant: KernelVariant): Promise<WebAssembly.Module> {
  return compileVariant(variant, "./kernel", import.meta.url);
}

/** @param path of the module without the ending, relative to `base` @throws as `compileKernel` */
export function compileVariant(variant: KernelVariant, path: string, base: string): Promise<WebAssembly.Module> {
  if (variant === "simd-256") enableRevectorizer();
  return compile(new URL(`${path}.${files[variant]}.wasm`, base));
}

const files = { "simd-256": "wide", "relaxed-simd": "relaxed", simd: "simd" };

/**
 * Creates the kernel of one worker.
 * @throws as `compileKernel`
 */
export async function createKernel(
  variant: KernelVariant,
  memory: WebAssembly.Memory,
  layout: Layout,
  hyperparameters: Hyperparameters,
  worker: number,
): Promise<Kernel> {
  const module = await compileKernel(variant);
  const exports = bind<Exports>(module, memory, "train");
  configure(exports, layout, hyperparameters);
  const taken = exports.reserve(layout.scratch + worker * layout.scratchBytes, layout.stride, layout.longestPlaylist);
  if (taken > layout.scratchBytes)
    throw new RangeError(`the kernel needs ${taken} bytes of scratch, the layout has ${layout.scratchBytes}`);
  return {
    seed: exports.seed,
    train: exports.train,
    takeLoss: () => ({ loss: exports.takeLoss(), pairs: exports.takePairs() }),
  };
}

/** Assigns the settings that assembly/kernel.ts exports. */
function configure(exports: WebAssembly.Exports, layout: Layout, hyperparameters: Hyperparameters): void {
  const { tokens, offsets, order, keep, input, output, aliases, paths, nodes, songs: vocabulary } = layout;
  const { sg: skipGram, cbowMean } = hyperparameters;
  const addresses = { tokens, offsets, order, keep, input, output, aliases, paths, nodes };
  assignSettings(exports, { ...addresses, vocabulary, skipGram, cbowMean, ...stepShape(hyperparameters) });
}

/** Assigns the global variables that a module exports as its settings. */
export function assignSettings(
  exports: WebAssembly.Exports,
  settings: Readonly<Record<string, number | boolean>>,
): void {
  for (const [name, value] of Object.entries(settings)) {
    const setting = exports[name];
    if (!(setting instanceof WebAssembly.Global)) throw new TypeError(`this WebAssembly module has no setting ${name}`);
    setting.value = value;
  }
}
