import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { KernelVariant } from "../kernel/kernel.ts";
import type { Plays } from "../kernel/layout.ts";
import { depth, type NextSongSettings, prepare } from "./layout.ts";
import type { NextSongTask } from "./worker.ts";

/** Vectors that predict the next song of a playlist. */
export interface NextSongs {
  /** [V, size] Candidates are compared by the cosine; the length counts in queries. */
  readonly vectors: Float32Array;
  readonly size: number;
  /** [depth] Weight of the song that is n plays before the next one; the largest is 1. */
  readonly positions: Float32Array;
  /** Mean loss per example in the last epoch, in nats. */
  readonly loss: number;
  readonly seconds: number;
}

/**
 * Trains vectors for the next song: the beginning of a playlist is the weighted sum of its songs' vectors, with a
 * weight for each position from the end, and the next song the one with the nearest vector (as in CORE, Hou et al.
 * 2022, arXiv 2204.11067). Playlists of two songs count too.
 *
 * @returns null without epochs, if no playlist has two songs, or beyond 4 GiB
 */
export async function trainNextSongs(
  plays: Plays,
  settings: NextSongSettings,
  variant: KernelVariant,
): Promise<NextSongs | null> {
  const started = performance.now();
  const prepared = settings.nextSongEpochs > 0 ? prepare(plays, settings) : undefined;
  if (!prepared) return null;
  const { memory, layout } = prepared;
  const file = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
  const workers = Array.from({ length: settings.workers }, () => new Worker(file));
  try {
    const losses = await Promise.all(
      workers.map(async (thread, worker) => {
        const response = once(thread, "message");
        thread.postMessage({ memory, layout, settings, variant, worker } satisfies NextSongTask);
        const [loss]: Float64Array[] = await response;
        return loss as Float64Array;
      }),
    );
    const { songs, stride, addresses, examples } = layout;
    const lossOfLast = losses.reduce((sum, loss) => sum + (loss.at(-1) ?? 0), 0);
    return {
      vectors: new Float32Array(memory.buffer, addresses.vectors, songs * stride).slice(),
      size: stride,
      positions: weightsOf(new Float32Array(memory.buffer, addresses.positions, 2 * depth)),
      loss: lossOfLast / examples,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** @param positions [depth, 2] logarithms of the weights, and sums of squares */
function weightsOf(positions: Float32Array): Float32Array {
  const logarithms = Float32Array.from({ length: depth }, (_, n) => positions[2 * n] as number);
  const largest = Math.max(...logarithms);
  return logarithms.map((logarithm) => Math.exp(logarithm - largest));
}
