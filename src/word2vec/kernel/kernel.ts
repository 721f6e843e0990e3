import { readFile } from "node:fs/promises";
import type { Hyperparameters } from "../hyperparameters.ts";
import type { Layout } from "./layout.ts";
import { createReferenceKernel } from "./reference.ts";
import { stepShape } from "./step-shape.ts";
import { switchOnRevectorizer } from "./wide.ts";

/** From the fastest to the slowest. `simd-256` needs V8's revectorizer (wide.ts). */
export const kernelVariants = ["simd-256", "relaxed-simd", "simd", "typescript"] as const;
export type KernelVariant = (typeof kernelVariants)[number];

/** How fast each is, as a part of the fastest; measured on one Zen 4 core by `npm run bench:kernels`. */
const usualSpeeds: Readonly<Record<KernelVariant, number>> = {
  "simd-256": 1,
  "relaxed-simd": 0.65,
  simd: 0.45,
  typescript: 0.04,
};

/** What a kernel costs, for people; nothing for the fastest. */
export function slownessOf(variant: KernelVariant): string | undefined {
  const times = 1 / usualSpeeds[variant];
  return times > 1
    ? `usually ${times < 10 ? times.toFixed(1) : Math.round(times)} times slower than the ${kernelVariants[0]} kernel`
    : undefined;
}

/** Trains playlists in the shared memory of a layout; one for each thread. */
export interface Kernel {
  readonly variant: KernelVariant;
  /** Starts the random numbers of (seed, worker, epoch). */
  seed(seed: number, worker: number, epoch: number): void;
  /** Trains the playlists order[first … last) at the learning rate. */
  train(first: number, last: number, rate: number): void;
  /** The loss summed up since it was last taken, and over how many positive pairs. */
  takeLoss(): { loss: number; pairs: number };
}

/** What the host sets before anything else; see assembly/kernel.ts. */
type Settings = Record<
  | "tokens"
  | "offsets"
  | "order"
  | "keep"
  | "input"
  | "output"
  | "aliases"
  | "paths"
  | "nodes"
  | "vocabulary"
  | "negatives"
  | "pool"
  | "renewed"
  | "block"
  | "negativeWeight"
  | "reach"
  | "shrink"
  | "damped"
  | "skipGram"
  | "cbowMean",
  number
>;

interface Exports {
  reserve(start: number, stride: number, longest: number): number;
  seed(first: number, second: number, third: number): void;
  train(first: number, last: number, rate: number): void;
  takeLoss(): number;
  takePairs(): number;
}

/**
 * A kernel for one worker.
 * @throws WebAssembly.CompileError where this runtime lacks the instructions of the variant
 */
export async function createKernel(
  variant: KernelVariant,
  memory: WebAssembly.Memory,
  layout: Layout,
  hyperparameters: Hyperparameters,
  worker: number,
): Promise<Kernel> {
  if (variant === "typescript") return createReferenceKernel(memory, layout, hyperparameters);
  if (variant === "simd-256") switchOnRevectorizer();
  const bytes = await readFile(new URL(`./${wasmFiles[variant]}`, import.meta.url));
  const imports = {
    env: {
      memory,
      abort: () => {
        throw new Error("the kernel aborted");
      },
    },
  };
  const { instance } = await WebAssembly.instantiate(bytes, imports);
  const exports = exportsOf(instance);
  configure(instance, settingsOf(layout, hyperparameters));
  const taken = exports.reserve(layout.scratch + worker * layout.scratchBytes, layout.stride, layout.longestPlaylist);
  if (taken > layout.scratchBytes)
    throw new RangeError(`the kernel needs ${taken} bytes of scratch, the layout has ${layout.scratchBytes}`);
  return {
    variant,
    seed: (seed, index, epoch) => exports.seed(seed, index, epoch),
    train: (first, last, rate) => exports.train(first, last, rate),
    takeLoss: () => ({ loss: exports.takeLoss(), pairs: exports.takePairs() }),
  };
}

const wasmFiles = { "simd-256": "kernel.wide.wasm", "relaxed-simd": "kernel.relaxed.wasm", simd: "kernel.simd.wasm" };

function settingsOf(layout: Layout, hyperparameters: Hyperparameters): Settings {
  const { tokens, offsets, order, keep, input, output, aliases, paths, nodes, songs } = layout;
  const { shrink, damped, ...shape } = stepShape(hyperparameters);
  const flags = {
    shrink: Number(shrink),
    damped: Number(damped),
    skipGram: Number(hyperparameters.sg),
    cbowMean: Number(hyperparameters.cbowMean),
  };
  return { tokens, offsets, order, keep, input, output, aliases, paths, nodes, vocabulary: songs, ...shape, ...flags };
}

function configure({ exports }: WebAssembly.Instance, settings: Settings): void {
  for (const [name, value] of Object.entries(settings)) {
    const setting = exports[name];
    if (!(setting instanceof WebAssembly.Global)) throw new TypeError(`this WebAssembly module has no setting ${name}`);
    setting.value = value;
  }
}

function exportsOf({ exports }: WebAssembly.Instance): Exports {
  if (!isKernel(exports)) throw new TypeError("this WebAssembly module is not the training kernel");
  return exports;
}

function isKernel(exports: object): exports is Exports {
  const entries = new Map(Object.entries(exports));
  return ["reserve", "seed", "train", "takeLoss", "takePairs"].every((name) => typeof entries.get(name) === "function");
}
