import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { createError } from '../errors.ts';
import type { Hyperparameters } from './hyperparameters.ts';
import type { KernelVariant } from './kernel/kernel.ts';
import { control, controlBlock, type Layout } from './kernel/layout.ts';
import type { WorkerResult, WorkerTask } from './worker.ts';

/** The training threads of one training. */
export interface Team {
  /** Trains all playlists once; true mean loss per positive pair. */
  trainEpoch(epoch: number): Promise<number>;
  /** Songs done in the epoch that is running. */
  songsDone(): number;
  /** Lets the threads stop at their next chunk. */
  cancel(): void;
  close(): Promise<void>;
}

export async function startTeam(memory: WebAssembly.Memory, layout: Layout, hyperparameters: Hyperparameters, variant: KernelVariant): Promise<Team> {
  const state = controlBlock(memory, layout);
  const file = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
  const workers = Array.from({ length: hyperparameters.workers }, (_, worker) => {
    const workerData: WorkerTask = { memory, layout, hyperparameters, variant, worker };
    return new Worker(file, { workerData });
  });
  await Promise.all(workers.map((worker) => once(worker, 'online')));

  async function trainEpoch(epoch: number): Promise<number> {
    Atomics.store(state, control.cursor, 0);
    Atomics.store(state, control.songsDone, 0);
    const results = await Promise.all(workers.map((worker) => askWorker(worker, epoch)));
    if (Atomics.load(state, control.cancelled) === 1) throw createError('CANCELLED');
    const loss = results.reduce((sum, result) => sum + result.loss, 0);
    const pairs = results.reduce((sum, result) => sum + result.pairs, 0);
    return pairs === 0 ? 0 : loss / pairs;
  }

  return {
    trainEpoch,
    songsDone: () => Atomics.load(state, control.songsDone),
    cancel: () => Atomics.store(state, control.cancelled, 1),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** `once` also rejects with the worker's error. */
async function askWorker(worker: Worker, epoch: number): Promise<WorkerResult> {
  const answer = once(worker, 'message');
  worker.postMessage(epoch);
  const [result] = await answer;
  return result;
}
