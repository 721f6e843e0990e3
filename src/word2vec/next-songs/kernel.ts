import { bind } from "../kernel/compile.ts";
import { assignSettings, compileVariant, type KernelVariant } from "../kernel/kernel.ts";
import { block, depth, negatives, temperature, type NextSongLayout } from "./layout.ts";

/** See assembly/next-songs.ts. */
export interface NextSongKernel {
  seed(first: number, second: number, third: number): void;
  /** Trains examples of a permutation. */
  train(first: number, count: number, multiplier: number, shift: number, rate: number): void;
  /** @returns sum of the loss since the last call, in nats */
  takeLoss(): number;
}

interface Exports extends NextSongKernel {
  reserve(start: number, stride: number): number;
}

/**
 * Creates the kernel of one worker.
 *
 * @throws if the variant has not been built, or the runtime does not support its instructions
 */
export async function openKernel(
  memory: WebAssembly.Memory,
  layout: NextSongLayout,
  variant: KernelVariant,
  worker: number,
): Promise<NextSongKernel> {
  const module = await compileVariant(variant, "./next-songs", import.meta.url);
  const exports = bind<Exports>(module, memory, "train");
  const { addresses, songs: vocabulary, examples: exampleCount, stride, scratch, scratchBytes } = layout;
  const sharpness = 1 / temperature;
  assignSettings(exports, { ...addresses, vocabulary, exampleCount, block, negatives, depth, sharpness });
  const taken = exports.reserve(scratch + worker * scratchBytes, stride);
  if (taken > scratchBytes)
    throw new RangeError(`the kernel needs ${taken} bytes of scratch, the layout has ${scratchBytes}`);
  return exports;
}
