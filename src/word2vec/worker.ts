import { parentPort } from "node:worker_threads";
import type { Hyperparameters } from "./hyperparameters.ts";
import { createKernel, type KernelVariant } from "./kernel/kernel.ts";
import { control, controlBlock, type Layout, uint32View } from "./kernel/layout.ts";
import { createRanking } from "./kernel/ranking.ts";
import { learningRate } from "./schedule.ts";
import type { HeldOutCase } from "./validation.ts";

/** Task of a training thread. */
export interface WorkerTask {
  readonly memory: WebAssembly.Memory;
  readonly layout: Layout;
  readonly hyperparameters: Hyperparameters;
  readonly variant: KernelVariant;
  readonly worker: number;
  /** This thread's part of the held-out cases. */
  readonly cases: readonly HeldOutCase[];
}

/** Messages to a training thread: first its task, then epochs (from 0) and validations. */
export type WorkerRequest = { readonly task: WorkerTask } | { readonly epoch: number } | "validate";

export interface EpochResult {
  readonly loss: number;
  readonly pairs: number;
}
export interface ValidationResult {
  readonly sumNdcg: number;
}

interface Trainer {
  trainEpoch(epoch: number): EpochResult;
  validate(): ValidationResult;
}

/** Average number of songs that a thread trains between two looks at the shared state. */
const chunkSongs = 1_000;

async function createTrainer({
  memory,
  layout,
  hyperparameters,
  variant,
  worker,
  cases,
}: WorkerTask): Promise<Trainer> {
  const state = controlBlock(memory, layout);
  const offsets = uint32View(memory, layout.offsets, layout.playlists + 1);
  const order = uint32View(memory, layout.order, layout.playlists);
  const chunk = Math.max(1, Math.round((chunkSongs * layout.playlists) / layout.plays));
  const kernel = await createKernel(variant, memory, layout, hyperparameters, worker);
  const ranking = cases.length > 0 ? await createRanking(variant, memory, layout, worker) : undefined;

  /**
   * Takes chunks of playlists from the shared cursor until none is left. The learning rate depends on the songs that
   * all threads have trained. Threads write to the same vectors without a lock (Hogwild, Niu et al. 2011, arXiv
   * 1106.5730). An update is lost when two threads write to one vector at the same time. That is rare among many songs,
   * and later gradient steps compensate for it; a lock would cost more than all arithmetic.
   */
  function trainEpoch(epoch: number): EpochResult {
    kernel.seed(hyperparameters.seed, worker + 1, epoch + 1);
    const total = layout.plays * hyperparameters.epochs;
    for (;;) {
      const first = Atomics.add(state, control.cursor, chunk);
      if (first >= layout.playlists || Atomics.load(state, control.cancelled) === 1) return kernel.takeLoss();
      const last = Math.min(first + chunk, layout.playlists);
      const done = epoch * layout.plays + Atomics.load(state, control.songsDone);
      kernel.train(first, last, learningRate(hyperparameters, done, total));
      Atomics.add(state, control.songsDone, songsIn(first, last));
    }
  }

  function songsIn(first: number, last: number): number {
    let songs = 0;
    for (let i = first; i < last; i++) {
      const playlist = order[i] as number;
      songs += (offsets[playlist + 1] as number) - (offsets[playlist] as number);
    }
    return songs;
  }

  return { trainEpoch, validate: () => ({ sumNdcg: ranking?.sumNdcg(cases) ?? 0 }) };
}

let trainer: Trainer | undefined;

async function handle(request: WorkerRequest): Promise<EpochResult | ValidationResult | "ready" | undefined> {
  if (request === "validate") return trainer?.validate();
  if ("epoch" in request) return trainer?.trainEpoch(request.epoch);
  trainer = await createTrainer(request.task);
  return "ready";
}

parentPort?.on("message", async (request: WorkerRequest) => parentPort?.postMessage(await handle(request)));
parentPort?.postMessage("loaded");
