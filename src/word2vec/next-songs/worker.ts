import { parentPort } from "node:worker_threads";
import type { KernelVariant } from "../kernel/kernel.ts";
import { createRandom, integerBelow } from "../random.ts";
import { openKernel } from "./kernel.ts";
import { block, type NextSongLayout, type NextSongSettings } from "./layout.ts";

/** Task of a training thread. */
export interface NextSongTask {
  readonly memory: WebAssembly.Memory;
  readonly layout: NextSongLayout;
  readonly settings: NextSongSettings;
  readonly variant: KernelVariant;
  readonly worker: number;
}

const initialRate = 0.1;
const finalRate = 0.01;

/**
 * Trains blocks of examples until none is left. Threads share the vectors without a lock, as in word2vec.
 *
 * @returns sum of the loss of each epoch
 */
async function run({ memory, layout, settings, variant, worker }: NextSongTask): Promise<Float64Array> {
  const kernel = await openKernel(memory, layout, variant, worker);
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
