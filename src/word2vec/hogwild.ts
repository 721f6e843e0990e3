import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { createError } from "../errors.ts";
import { control, controlBlock } from "./kernel/layout.ts";
import type { EpochResult, ValidationResult, WorkerRequest, WorkerTask } from "./worker.ts";

/** The training threads of one training. */
export interface Team {
  /** Trains all playlists once; true mean loss per positive pair. */
  trainEpoch(epoch: number): Promise<number>;
  /** The mean NDCG@10 of the cases, which are spread over the threads. */
  validate(): Promise<number>;
  /** Songs done in the epoch that is running. */
  songsDone(): number;
  /** Lets the threads stop at their next chunk. */
  cancel(): void;
}

type TeamTask = Omit<WorkerTask, "worker">;

/** Threads that have loaded their code, and wait for something to train. */
export interface Threads {
  begin(work: TeamTask): Promise<Team>;
  close(): Promise<void>;
}

/** Apart from `begin`, so that what threads take is known before memory is planned. */
export async function startThreads(count: number): Promise<Threads> {
  const file = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
  const workers = Array.from({ length: count }, () => new Worker(file));
  await Promise.all(workers.map((worker) => once(worker, "message")));
  return {
    begin: (task) => startTeam(workers, task),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

async function startTeam(workers: readonly Worker[], { cases, ...task }: TeamTask): Promise<Team> {
  const state = controlBlock(task.memory, task.layout);
  await Promise.all(
    workers.map((thread, worker) => {
      const [first, last] = [worker, worker + 1].map((part) => Math.floor((part * cases.length) / workers.length));
      return ask<"ready">(thread, { task: { ...task, worker, cases: cases.slice(first, last) } });
    }),
  );

  async function trainEpoch(epoch: number): Promise<number> {
    Atomics.store(state, control.cursor, 0);
    Atomics.store(state, control.songsDone, 0);
    const results = await Promise.all(workers.map((worker) => ask<EpochResult>(worker, { epoch })));
    throwIfCancelled();
    const loss = results.reduce((sum, result) => sum + result.loss, 0);
    const pairs = results.reduce((sum, result) => sum + result.pairs, 0);
    return pairs === 0 ? 0 : loss / pairs;
  }

  async function validate(): Promise<number> {
    const results = await Promise.all(workers.map((worker) => ask<ValidationResult>(worker, "validate")));
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

/** `once` also rejects with the worker's error. */
async function ask<Result>(worker: Worker, request: WorkerRequest): Promise<Result> {
  const answer = once(worker, "message");
  worker.postMessage(request);
  const [result] = await answer;
  return result;
}
