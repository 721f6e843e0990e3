import { bind, compile } from "../kernel/compile.ts";
import type { KernelVariant } from "../kernel/kernel.ts";
import { enableRevectorizer } from "../kernel/revectorizer.ts";
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

const files = { "simd-256": "wide", "relaxed-simd": "relaxed", simd: "simd" };

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
  if (variant === "simd-256") enableRevectorizer();
  const module = await compile(new URL(`./next-songs.${files[variant]}.wasm`, import.meta.url));
  const exports = bind<Exports>(module, memory, "train");
  const { addresses, songs: vocabulary, examples: exampleCount, stride, scratch, scratchBytes } = layout;
  const settings = { ...addresses, vocabulary, exampleCount, block, negatives, depth, sharpness: 1 / temperature };
  for (const [name, value] of Object.entries(settings)) {
    const setting = (exports as WebAssembly.Exports)[name];
    if (!(setting instanceof WebAssembly.Global)) throw new TypeError(`this WebAssembly module has no setting ${name}`);
    setting.value = value;
  }
  const taken = exports.reserve(scratch + worker * scratchBytes, stride);
  if (taken > scratchBytes)
    throw new RangeError(`the kernel needs ${taken} bytes of scratch, the layout has ${scratchBytes}`);
  return exports;
}
