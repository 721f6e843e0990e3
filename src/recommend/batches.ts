import { createError } from '../errors.ts';
import type { Slot } from '../model/layout.ts';
import type { Excluded } from './mask.ts';
import { ask, type Matrix, release, type SlotQuestion } from './ranking.ts';

/** The best first; of equal scores the lower row, which is the more popular song, comes first. */
export interface Nearest {
  readonly rows: Uint32Array;
  readonly scores: Float32Array;
}

/** Who ranks: this thread, or another one. */
export interface Executor {
  /** As many questions as one pass answers. */
  readonly slots: readonly Slot[];
  /** See `Ranking.nearest`. */
  run(matrix: Matrix, questions: readonly SlotQuestion[]): Promise<readonly number[]>;
}

interface Waiting {
  readonly matrix: Matrix;
  readonly query: Float32Array;
  readonly k: number;
  readonly excluded: Excluded;
  readonly resolve: (nearest: Nearest) => void;
  readonly reject: (error: unknown) => void;
}

/** Questions that wait while a pass runs are answered by the next pass together, up to as many as there are slots. */
export interface Batches {
  /** Rejects with OVERLOADED where it would have to wait for too long. */
  nearest(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): Promise<Nearest>;
  /** Resolves once nothing is asked any more. */
  idle(): Promise<void>;
}

export interface BatchesOptions {
  /** Milliseconds: a question that would have to wait for longer, by how long passes took lately, is refused. */
  readonly longestWait?: number;
  readonly clock?: () => number;
}

/** How much the newest pass counts in the mean time of a pass. */
const newest = 0.3;

/** @param executors the last is asked first, where it is free */
export function createBatches(executors: readonly Executor[], { longestWait = Infinity, clock = () => performance.now() }: BatchesOptions = {}): Batches {
  const free = new Set(executors);
  const waiting: Waiting[] = [];
  const whenIdle: (() => void)[] = [];
  const slotsInAll = executors.reduce((sum, { slots }) => sum + slots.length, 0);
  let meanPass = 0;
  /** Milliseconds that the next question would wait for those before it. */
  const waitOfNext = () => Math.floor(waiting.length / slotsInAll) * meanPass;
  const isIdle = () => free.size === executors.length && waiting.length === 0;

  function dispatch(): void {
    while (waiting.length > 0) {
      const executor = executors.findLast((each) => free.has(each));
      if (!executor) return;
      free.delete(executor);
      void answer(executor).finally(() => {
        free.add(executor);
        dispatch();
        if (isIdle()) for (const resolve of whenIdle.splice(0)) resolve();
      });
    }
  }

  async function answer({ slots, run }: Executor): Promise<void> {
    const batch = take(slots.length);
    const questions: SlotQuestion[] = [];
    for (const [i, slot] of slots.entries()) {
      const question = batch[i];
      if (!question) break;
      ask(slot, question.query, question.excluded);
      questions.push({ slot, k: question.k });
    }
    const started = clock();
    try {
      const found = await run(batch[0]?.matrix ?? 'input', questions);
      for (const [i, { resolve }] of batch.entries()) resolve(takeHeap(questions[i]?.slot, found[i] ?? 0));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    meanPass += newest * (clock() - started - meanPass);
    for (const [i, { slot }] of questions.entries()) release(slot, batch[i]?.excluded ?? []);
  }

  /** The first that waits, and those that ask about the same matrix. */
  function take(most: number): Waiting[] {
    const batch: Waiting[] = [];
    const matrix = waiting[0]?.matrix;
    for (let i = 0; i < waiting.length && batch.length < most; ) {
      if (waiting[i]?.matrix === matrix) batch.push(...waiting.splice(i, 1));
      else i++;
    }
    return batch;
  }

  return {
    nearest: (matrix, query, k, excluded) =>
      new Promise((resolve, reject) => {
        if (waitOfNext() > longestWait) throw createError('OVERLOADED');
        waiting.push({ matrix, query, k, excluded, resolve, reject });
        dispatch();
      }),
    idle: () =>
      new Promise((resolve) => {
        if (isIdle()) resolve();
        else whenIdle.push(resolve);
      }),
  };
}

export function takeHeap(slot: Slot | undefined, found: number): Nearest {
  const heap = slot?.heap ?? new Uint32Array();
  const scores = new Float32Array(heap.buffer, heap.byteOffset, 2 * found);
  return { rows: Uint32Array.from({ length: found }, (_, i) => heap[2 * i + 1] ?? 0), scores: Float32Array.from({ length: found }, (_, i) => scores[2 * i] ?? 0) };
}
