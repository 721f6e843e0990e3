import { parentPort } from "node:worker_threads";
import { bind, compile } from "../kernel/compile.ts";
import type { KernelVariant } from "../kernel/kernel.ts";
import { enableRevectorizer } from "../kernel/revectorizer.ts";
import { createRandom, integerBelow } from "../random.ts";
import { block, depth, negatives, temperature, type NextSongLayout, type NextSongSettings } from "./layout.ts";

/** Task of a training thread. */
export interface NextSongTask {
  readonly memory: WebAssembly.Memory;
  readonly layout: NextSongLayout;
  readonly settings: NextSongSettings;
  readonly variant: KernelVariant;
  readonly worker: number;
}

interface Exports {
  reserve(start: number, stride: number): number;
  seed(first: number, second: number, third: number): void;
  train(first: number, count: number, multiplier: number, shift: number, rate: number): void;
  takeLoss(): number;
}

const files = { "simd-256": "wide", "relaxed-simd": "relaxed", simd: "simd" };
const initialRate = 0.1;
const finalRate = 0.01;

/**
 * Trains blocks of examples until none is left. Threads share the vectors without a lock, as in word2vec.
 *
 * @returns sum of the loss of each epoch
 */
async function run({ memory, layout, settings, variant, worker }: NextSongTask): Promise<Float64Array> {
  const kernel = await open(memory, layout, variant, worker);
  const { nextSongEpochs: epochs, seed } = settings;
  const cursor = new Int32Array(memory.buffer, layout.cursor, 1);
  const blocks = Math.ceil(layout.examples / block);
  const loss = new Float64Array(epochs);
  const orders = Array.from({ length: epochs }, (_, epoch) => permutation(layout.examples, seed, epoch));
  kernel.seed(seed, worker + 1, 0x6e78);
  for (;;) {
    const step = Atomics.add(cursor, 0, 1);
    const epoch = Math.floor(step / blocks);
    const order = orders[epoch];
    if (!order) return loss;
    const first = (step % blocks) * block;
    const done = step / (blocks * epochs);
    const rate = initialRate + (finalRate - initialRate) * done;
    kernel.train(first, Math.min(block, layout.examples - first), order.multiplier, order.shift, rate);
    loss[epoch] = (loss[epoch] as number) + kernel.takeLoss();
  }
}

async function open(
  memory: WebAssembly.Memory,
  layout: NextSongLayout,
  variant: KernelVariant,
  worker: number,
): Promise<Exports> {
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

/** A permutation of an epoch's examples, i → (i · multiplier + shift) mod size: it needs no memory. */
function permutation(size: number, seed: number, epoch: number): { multiplier: number; shift: number } {
  const random = createRandom(seed, 0x6e79, epoch);
  let multiplier = 1 + integerBelow(size, random);
  while (greatestCommonDivisor(multiplier, size) > 1) multiplier++;
  return { multiplier, shift: integerBelow(size, random) };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

parentPort?.on("message", async (task: NextSongTask) => parentPort?.postMessage(await run(task)));
