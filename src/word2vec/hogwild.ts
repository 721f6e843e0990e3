import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { createError } from "../errors.ts";
import { control, controlBlock } from "./kernel/layout.ts";
import type { EpochResult, ValidationResult, WorkerRequest, WorkerTask } from "./worker.ts";

/** One training on a pool of worker threads. */
export interface HogwildTrainer {
  /** Trains all playlists once. @returns the mean loss per positive pair, in nats */
  trainEpoch(epoch: number): Promise<number>;
  /** @returns the mean NDCG@10 of the held-out cases, which are divided among the threads */
  validate(): Promise<number>;
  /** Songs trained in the current epoch. */
  songsDone(): number;
  /** Stops the threads at their next chunk; the pending call rejects with CANCELLED. */
  cancel(): void;
}

type TrainerTask = Omit<WorkerTask, "worker">;

/** Worker threads that have loaded their code. */
export interface WorkerPool {
  createTrainer(work: TrainerTask): Promise<HogwildTrainer>;
  close(): Promise<void>;
}

/** Separate from `createTrainer`, so that the memory of the threads can be measured before the training is planned. */
export async function startWorkers(count: number): Promise<WorkerPool> {
  const file = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
  const workers = Array.from({ length: count }, () => new Worker(file));
  await Promise.all(workers.map((worker) => once(worker, "message")));
  return {
    createTrainer: (task) => createTrainer(workers, task),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

async function createTrainer(workers: readonly Worker[], { cases, ...task }: TrainerTask): Promise<HogwildTrainer> {
  const state = controlBlock(task.memory, task.layout);
  await Promise.all(
    workers.map((thread, worker) => {
      const [first, last] = [worker, worker + 1].map((part) => Math.floor((part * cases.length) / workers.length));
      return request<"ready">(thread, { task: { ...task, worker, cases: cases.slice(first, last) } });
    }),
  );

  async function trainEpoch(epoch: number): Promise<number> {
    Atomics.store(state, control.cursor, 0);
    Atomics.store(state, control.songsDone, 0);
    const results = await Promise.all(workers.map((worker) => request<EpochResult>(worker, { epoch })));
    throwIfCancelled();
    const loss = results.reduce((sum, result) => sum + result.loss, 0);
    const pairs = results.reduce((sum, result) => sum + result.pairs, 0);
    return pairs === 0 ? 0 : loss / pairs;
  }

  async function validate(): Promise<number> {
    const results = await Promise.all(workers.map((worker) => request<ValidationResult>(worker, "validate")));
    throwIfCancelled();
    return results.reduce((sum, { sumNdcg }) => sum + sumNdcg, 0) / cases.length;
  }

  function throwIfCancelled(): void {
    if (Atomics.load(state, control.cancelled) === 1) throw createError("CANCELLED");
  }

  return {
    trainEpoch,
    validate,
    songsDone: () => Atomics.load(state, control.songsDone),
    cancel: () => Atomics.store(state, control.cancelled, 1),
  };
}

/** Rejects with the worker's error, because `once` does. */
async function request<Result>(worker: Worker, request: WorkerRequest): Promise<Result> {
  const response = once(worker, "message");
  worker.postMessage(request);
  const [result] = await response;
  return result;
}
