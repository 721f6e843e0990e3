import { readFile } from 'node:fs/promises';
import type { Hyperparameters } from '../hyperparameters.ts';
import type { Layout } from './layout.ts';
import { createReferenceKernel } from './reference.ts';

/** From the fastest to the slowest. */
export const kernelVariants = ['relaxed-simd', 'simd', 'typescript'] as const;
export type KernelVariant = (typeof kernelVariants)[number];

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

interface Exports {
  place(tokens: number, offsets: number, order: number, aliases: number, keep: number, input: number, output: number): void;
  configure(vocabulary: number, stride: number, window: number, shrink: number, negative: number): void;
  scratch(start: number, longest: number): number;
  seed(first: number, second: number, third: number): void;
  train(first: number, last: number, rate: number): void;
  lossExponents(): number;
  lossMantissas(): number;
  positiveScores(): number;
  positivePairs(): number;
  resetLoss(): void;
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
  if (variant === 'typescript') return createReferenceKernel(memory, layout, hyperparameters);
  const bytes = await readFile(new URL(`./kernel.${variant.replace('-simd', '')}.wasm`, import.meta.url));
  const imports = { env: { memory, abort: () => { throw new Error('the kernel aborted'); } } };
  const { instance } = await WebAssembly.instantiate(bytes, imports);
  return bind(variant, exportsOf(instance), memory, layout, hyperparameters, worker);
}

function exportsOf(instance: WebAssembly.Instance): Exports {
  const { exports } = instance;
  const names = ['place', 'configure', 'scratch', 'seed', 'train', 'lossExponents', 'lossMantissas', 'positiveScores', 'positivePairs', 'resetLoss'];
  if (!isKernel(exports, names)) throw new TypeError('this WebAssembly module is not the training kernel');
  return exports;
}

function isKernel(exports: object, names: string[]): exports is Exports {
  const entries = new Map(Object.entries(exports));
  return names.every((name) => typeof entries.get(name) === 'function');
}

function bind(variant: KernelVariant, exports: Exports, memory: WebAssembly.Memory, layout: Layout, hyperparameters: Hyperparameters, worker: number): Kernel {
  const { window, shrinkWindows, negative } = hyperparameters;
  exports.place(layout.tokens, layout.offsets, layout.order, layout.aliases, layout.keep, layout.input, layout.output);
  exports.configure(layout.songs, layout.stride, window, shrinkWindows ? 1 : 0, negative);
  const taken = exports.scratch(layout.scratch + worker * layout.scratchBytes, layout.longestPlaylist);
  if (taken > layout.scratchBytes) throw new RangeError(`the kernel needs ${taken} bytes of scratch, the layout has ${layout.scratchBytes}`);
  return {
    variant,
    seed: (seed, index, epoch) => exports.seed(seed, index, epoch),
    train: (first, last, rate) => exports.train(first, last, rate),
    takeLoss: () => {
      const mantissas = new Float32Array(memory.buffer, exports.lossMantissas(), 4);
      const logarithm = exports.lossExponents() + mantissas.reduce((sum, mantissa) => sum + Math.log2(mantissa), 0);
      const result = { loss: logarithm * Math.LN2 - exports.positiveScores(), pairs: exports.positivePairs() };
      exports.resetLoss();
      return result;
    },
  };
}
