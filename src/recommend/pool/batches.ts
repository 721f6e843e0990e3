import type { Slot } from "../../model/memory/layout.ts";
import { type Nearest, takeHeap } from "../vectors/heap.ts";
import type { Excluded } from "../catalogue/mask.ts";
import { ask, exclude, type Matrix, release } from "../vectors/ranking.ts";
import type { BlendQuestion, RankQuestion, RankTask } from "./rank-tasks.ts";

/** Who ranks: this thread, or another one. */
export interface Executor {
  /** As many questions as one pass answers. */
  readonly slots: readonly Slot[];
  /** Whether it is worth asking. */
  takes(task: RankTask): boolean;
  /** See `RankTasks`. */
  run(task: RankTask, questions: readonly RankQuestion[]): Promise<readonly number[]>;
}

interface Waiting {
  readonly task: RankTask;
  /** Puts it into a slot. */
  readonly ask: (slot: Slot) => RankQuestion;
  readonly excluded: Excluded;
  readonly resolve: (nearest: Nearest) => void;
  readonly reject: (error: unknown) => void;
}

/** Scans that wait while a pass runs are made by the next pass together, up to as many as there are slots; blends one by one, unless many wait. */
export interface Batches {
  nearest(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): Promise<Nearest>;
  blend(question: BlendQuestion, k: number, excluded: Excluded): Promise<Nearest>;
  /** Resolves once nothing is asked any more. */
  idle(): Promise<void>;
}

/** @param executors the last is asked first, where it is free */
export function createBatches(executors: readonly Executor[]): Batches {
  const free = new Set(executors);
  const waiting: Waiting[] = [];
  const whenIdle: (() => void)[] = [];
  let blendsWaiting = 0;
  /** They share nothing, but where many wait an executor that got one at a time would be idle in between. */
  const blendsAtOnce = () => Math.max(1, Math.floor(blendsWaiting / (2 * executors.length)));
  const isIdle = () => free.size === executors.length && waiting.length === 0;

  function dispatch(): void {
    for (let i = 0; i < waiting.length && free.size > 0;) {
      const { task } = waiting[i] as Waiting;
      const executor = executors.findLast((each) => free.has(each) && each.takes(task));
      if (executor)
        start(executor, take(task, i, Math.min(executor.slots.length, task === "blend" ? blendsAtOnce() : Infinity)));
      else i++;
    }
  }

  function start(executor: Executor, batch: readonly Waiting[]): void {
    free.delete(executor);
    void answer(executor, batch).finally(() => {
      free.add(executor);
      dispatch();
      if (isIdle()) for (const resolve of whenIdle.splice(0)) resolve();
    });
  }

  async function answer({ slots, run }: Executor, batch: readonly Waiting[]): Promise<void> {
    const questions = batch.flatMap((question, i) => {
      const slot = slots[i];
      return slot ? [question.ask(slot)] : [];
    });
    const task = batch[0]?.task ?? "input";
    try {
      const found = await run(task, questions);
      for (const [i, { resolve }] of batch.entries()) resolve(takeHeap(questions[i]?.slot, found[i] ?? 0));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    for (const [i, { slot }] of questions.entries()) release(slot, batch[i]?.excluded ?? []);
  }

  /** From a place on, those of one task. */
  function take(task: RankTask, first: number, most: number): Waiting[] {
    const batch: Waiting[] = [];
    for (let i = first; i < waiting.length && batch.length < most;) {
      if (waiting[i]?.task === task) batch.push(...waiting.splice(i, 1));
      else i++;
    }
    if (task === "blend") blendsWaiting -= batch.length;
    return batch;
  }

  function wait(question: Omit<Waiting, "resolve" | "reject">): Promise<Nearest> {
    return new Promise((resolve, reject) => {
      waiting.push({ ...question, resolve, reject });
      if (question.task === "blend") blendsWaiting++;
      dispatch();
    });
  }

  return {
    nearest: (matrix, query, k, excluded) =>
      wait({
        task: matrix,
        excluded,
        ask(slot) {
          ask(slot, query, excluded);
          return { slot, k };
        },
      }),
    blend: (blend, k, excluded) =>
      wait({
        task: "blend",
        excluded,
        ask(slot) {
          exclude(slot, excluded);
          return { slot, k, blend };
        },
      }),
    idle: () =>
      new Promise((resolve) => {
        if (isIdle()) resolve();
        else whenIdle.push(resolve);
      }),
  };
}
