import { availableParallelism } from 'node:os';
import { type Slot, slotCount } from '../model/layout.ts';
import type { Model } from '../model/model.ts';
import { createBatches, type Executor, type Nearest, takeHeap } from './batches.ts';
import { type Excluded, excludes } from './mask.ts';
import { ask, createRanking, type Matrix, mostNearest, type Ranking, release } from './ranking.ts';
import type { ScanModule } from './scan.ts';
import { startThreads } from './search-threads.ts';
import { topK } from './top-k.ts';

export type { Nearest } from './batches.ts';

/** Where a model is searched, and why. */
export interface SearchPlan {
  /** Milliseconds of this thread that one search is reckoned to take. */
  readonly milliseconds: number;
  /** Search threads; none: searches run on the thread that asks. */
  readonly threads: number;
  /** What finds songs like a song, most questions at least; the others are scans. */
  readonly index: 'hnsw' | null;
}

/** A model that can be asked. Queries are [stride], zero beyond the vector size: see mean.ts. */
export interface Search {
  readonly model: Model;
  readonly plan: SearchPlan;
  /**
   * The songs with the k best scores, those excluded aside; as many as there are where they are fewer. By an index, where
   * the model has one, they are nearly the best ones; masks, and more than some hundred songs, are left to a scan. Questions that
   * come together share a pass over the matrix, on a search thread where it would hold this one up. Rejects with OVERLOADED.
   */
  nearest(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): Promise<Nearest>;
  /** Whether `nearest` leaves such a question to a search thread: one that takes a scan, or down a tree may take one for its mask. */
  asksThread(matrix: Matrix, k: number, excluded: Excluded): boolean;
  /** The same at once, on this thread. */
  nearestNow(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): Nearest;
  /**
   * Scores of some songs, in the order of their rows, each of which stands there once [rows.length]; see
   * `Ranking.scoresOf` for when they are exact.
   */
  scoresOf(matrix: Matrix, query: Float32Array, rows: Uint32Array): Float32Array;
  /** The same by the vectors in bytes, for two queries. */
  roughScoresOfBoth(matrix: Matrix, query: Float32Array, other: Float32Array, rows: Uint32Array): [Float32Array, Float32Array];
  /** The same by the vectors in bytes. */
  roughScoresOf(matrix: Matrix, query: Float32Array, rows: Uint32Array): Float32Array;
  /** The songs with the k best scores, or nearly so, in no order: by the vectors in bytes, at once, on this thread. */
  promising(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): Uint32Array;
  /** Exact scores of all songs [V], valid until the next call. */
  scores(matrix: Matrix, query: Float32Array): Float32Array;
  /** Resolves once its search threads can answer, which takes a while after their start: whoever asks first would wait. Nobody may ask before. */
  ready(): Promise<void>;
  /** Ends the search threads once all that was asked is answered; what is asked later is answered on this thread. */
  close(): Promise<void>;
}

/** Milliseconds of a search for which it is worth asking another thread: that takes some tenth of one itself. */
const shortestAside = 0.25;
/** So long a search may hold up whatever else this thread does. */
const longestHere = 1.5;
/** Memory is the limit: more threads than this gain little. */
const mostThreads = 2;
/** Of songs asked for, and of those excluded: more of them are left to a scan. */
const mostByIndex = 512;
/** Milliseconds that a question may wait for others. */
const longestWait = 1000;
const none: readonly number[] = [];

/** @param threads so many search threads; by default as a measurement of this model says */
export function createSearch(model: Model, scanModule: ScanModule, threads?: number): Search {
  const ranking = createRanking(model, scanModule.bind(model.memory));
  const [slot] = model.slots;
  const milliseconds = ranking.estimate(slot);
  const plan: SearchPlan = { milliseconds, threads: threads ?? threadsFor(milliseconds), index: model.graph ? 'hnsw' : null };
  const started = plan.threads > 0 ? startThreads(model, scanModule.kernel, plan.threads, ranking) : undefined;
  const batches = createBatches([...(started?.executors ?? []), ...executorsHere()], { longestWait });
  let isClosed = false;

  /** Without search threads for all that is asked; else, where it takes no long time, for what is asked alone, and while they are busy. */
  function executorsHere(): Executor[] {
    if (!started) return [onThisThread(ranking, model.slots.slice(1, 1 + atOnce(milliseconds)))];
    return milliseconds > longestHere ? [] : [onThisThread(ranking, model.slots.slice(1, 2))];
  }

  function scores(matrix: Matrix, query: Float32Array): Float32Array {
    ask(slot, query, none);
    return ranking.scores(matrix, slot);
  }

  const isForIndex = (matrix: Matrix, k: number, excluded: Excluded) => model.graph !== null && matrix === 'input' && k <= mostByIndex && areFew(excluded);

  function asksThread(matrix: Matrix, k: number, excluded: Excluded): boolean {
    if (plan.threads === 0 || isClosed || k > mostNearest || isForIndex(matrix, k, excluded)) return false;
    return matrix === 'input' || !model.hasTree || 'bits' in excluded;
  }

  /** The more are asked for, the more are kept in view; up to half as many as always are, the first ones stay the same. */
  function nearestByIndex(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): Nearest | undefined {
    if (!isForIndex(matrix, k, excluded)) return undefined;
    ask(slot, query, excluded);
    const found = ranking.nearestByIndex(slot, k, Math.max(2 * k, model.manifest.index?.efSearch ?? 0));
    release(slot, excluded);
    return found === undefined ? undefined : takeHeap(slot, found);
  }

  const nearestNow = (matrix: Matrix, query: Float32Array, k: number, excluded: Excluded) => nearestByIndex(matrix, query, k, excluded) ?? nearestByScan(matrix, query, k, excluded);

  function nearestByScan(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): Nearest {
    if (k > mostNearest) return nearestOfAll(scores(matrix, query), k, excluded);
    ask(slot, query, excluded);
    const [found = 0] = ranking.nearest(matrix, [{ slot, k }]);
    release(slot, excluded);
    return takeHeap(slot, found);
  }

  return {
    model,
    plan,
    scores,
    asksThread,
    nearestNow,
    nearest: async (matrix, query, k, excluded) =>
      nearestByIndex(matrix, query, k, excluded) ?? (k > mostNearest || isClosed ? nearestByScan(matrix, query, k, excluded) : batches.nearest(matrix, query, k, excluded)),
    scoresOf(matrix, query, rows) {
      ask(slot, query, none);
      return ranking.scoresOf(matrix, slot, rows);
    },
    roughScoresOfBoth(matrix, query, other, rows) {
      ask(slot, query, none);
      return ranking.roughScoresOfBoth(matrix, slot, other, rows);
    },
    roughScoresOf(matrix, query, rows) {
      ask(slot, query, none);
      return ranking.roughScoresOf(matrix, slot, rows);
    },
    promising(matrix, query, k, excluded) {
      ask(slot, query, excluded);
      const rows = ranking.promising(matrix, slot, Math.min(k, mostNearest));
      release(slot, excluded);
      return rows;
    },
    ready: async () => started?.ready(),
    async close() {
      isClosed = true;
      await batches.idle();
      await started?.close();
    },
  };
}

function areFew(excluded: Excluded): boolean {
  if ('bits' in excluded) return false;
  let left = mostByIndex;
  for (const _ of excluded) if (left-- === 0) return false;
  return true;
}

function threadsFor(milliseconds: number): number {
  const others = availableParallelism() - 1;
  if (milliseconds > longestHere) return Math.min(mostThreads, Math.max(1, others));
  return milliseconds > shortestAside ? Math.min(mostThreads, others) : 0;
}

/** Searches that one pass may answer without holding the thread up for too long. */
function atOnce(milliseconds: number): number {
  return Math.min(slotCount - 1, Math.max(1, Math.floor(longestHere / milliseconds)));
}

/** Waits for the event loop to turn, so that whatever came in with a question is asked with it. */
function onThisThread(ranking: Ranking, slots: readonly Slot[]): Executor {
  return {
    slots,
    run: (...asked: Parameters<Ranking['nearest']>) =>
      new Promise<number[]>((resolve) => {
        setImmediate(() => resolve(ranking.nearest(...asked)));
      }),
  };
}

function nearestOfAll(scores: Float32Array, k: number, excluded: Excluded): Nearest {
  const rows = topK(scores, k, excludes(excluded));
  return { rows, scores: Float32Array.from(rows, (row) => scores[row] ?? 0) };
}
