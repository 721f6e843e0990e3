import { availableParallelism } from 'node:os';
import { heapCapacity, mostSearchThreads, type Slot, slotCount } from '../model/layout.ts';
import type { Model } from '../model/model.ts';
import { createBatches, type Executor } from './batches.ts';
import type { BlendData, Blender } from './blender.ts';
import type { Nearest } from './heap.ts';
import type { Excluded } from './mask.ts';
import { type BlendQuestion, createRankTasks, type RankTask, type RankTasks } from './rank-tasks.ts';
import { type Matrix, mostNearest } from './ranking.ts';
import type { ScanModule } from './scan.ts';
import { openSearchHere, type SearchHere } from './search-here.ts';
import { startThreads } from './search-threads.ts';

export type { Nearest } from './heap.ts';

/** Where a model is searched, and why. */
export interface SearchPlan {
  /** Milliseconds of this thread that one scan is reckoned to take. */
  readonly milliseconds: number;
  /** The same of a blend; 0 for a model without playlists. */
  readonly blendMilliseconds: number;
  /** Search threads; none: searches run on the thread that asks. */
  readonly threads: number;
  /** What finds songs like a song, most questions at least; the others are scans. */
  readonly index: 'hnsw' | null;
}

/** A model that can be asked, at once on this thread, or wherever it holds this one up the least. */
export interface Search extends Pick<SearchHere, 'nearestNow' | 'scoresOf' | 'scores'> {
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
  /** The k songs that a strategy of playlists puts first, as the blender ranks them. Rejects with OVERLOADED. */
  blend(question: BlendQuestion, k: number, excluded: Excluded): Promise<Nearest>;
  /** Whether there are search threads to leave it to. */
  blendsAside(k: number): boolean;
  /** Resolves once its search threads can answer, which takes a while after their start: whoever asks first would wait. Nobody may ask before. */
  ready(): Promise<void>;
  /** Ends the search threads once all that was asked is answered; what is asked later is answered on this thread. */
  close(): Promise<void>;
}

export interface SearchOptions {
  /** So many search threads; by default as a measurement of this model says. */
  readonly threads?: number | undefined;
  /** Of this model on this thread; opened by default. */
  readonly here?: SearchHere;
  /** For models with playlists, whose blends search threads may make. */
  readonly blending?: Blending | undefined;
}

export interface Blending {
  readonly blender: Blender;
  readonly data: BlendData;
  /** That a blend takes. */
  readonly milliseconds: number;
}

/** Milliseconds of a search for which it is worth asking another thread: that takes some tenth of one itself. */
const shortestAside = 0.25;
/** So long a search may hold up whatever else this thread does. */
const longestHere = 1.5;
/** Milliseconds that a question may wait for others. */
const longestWait = 1000;

export function createSearch(model: Model, scanModule: ScanModule, { threads, here = openSearchHereOf(model, scanModule), blending }: SearchOptions = {}): Search {
  const { ranking } = here;
  const milliseconds = ranking.estimate(model.slots[0]);
  const blendMilliseconds = blending?.milliseconds ?? 0;
  const plan: SearchPlan = { milliseconds, blendMilliseconds, threads: threads ?? threadsFor(milliseconds, blendMilliseconds), index: model.graph ? 'hnsw' : null };
  const tasks = createRankTasks(ranking, blending?.blender);
  const isAside = (task: RankTask) => threads !== undefined || (task === 'blend' ? blendMilliseconds : milliseconds) > shortestAside;
  const started = plan.threads > 0 ? startThreads(model, { kernel: scanModule.kernel, count: plan.threads, blendData: blending?.data, takes: isAside, tasks }) : undefined;
  const batches = createBatches([...(started?.executors ?? []), ...executorsHere()], { longestWait });
  let isClosed = false;

  /** Without search threads for all that is asked; else, where it takes no long time, for what is asked alone, and while they are busy. */
  function executorsHere(): Executor[] {
    if (!started) return [onThisThread(tasks, model.slots.slice(1, 1 + atOnce(milliseconds)))];
    return milliseconds > longestHere ? [] : [onThisThread(tasks, model.slots.slice(1, 2))];
  }

  const hasThreads = () => plan.threads > 0 && !isClosed;

  return {
    model,
    plan,
    scores: here.scores,
    nearestNow: here.nearestNow,
    scoresOf: here.scoresOf,
    asksThread(matrix, k, excluded) {
      if (!hasThreads() || !isAside(matrix) || k > mostNearest || here.isForIndex(matrix, k, excluded)) return false;
      return matrix === 'input' || !model.hasTree || 'bits' in excluded;
    },
    nearest: async (matrix, query, k, excluded) =>
      here.nearestByIndex(matrix, query, k, excluded) ?? (k > mostNearest || isClosed ? here.nearestByScan(matrix, query, k, excluded) : batches.nearest(matrix, query, k, excluded)),
    blendsAside: (k) => hasThreads() && isAside('blend') && k <= heapCapacity,
    blend: batches.blend,
    ready: async () => started?.ready(),
    async close() {
      isClosed = true;
      await batches.idle();
      await started?.close();
    },
  };
}

export function openSearchHereOf(model: Model, scanModule: ScanModule): SearchHere {
  return openSearchHere(model, scanModule.bind(model.memory), { efSearch: model.manifest.index?.efSearch ?? 0 });
}

function threadsFor(milliseconds: number, blendMilliseconds: number): number {
  const others = availableParallelism() - 1;
  if (milliseconds > longestHere) return Math.min(mostSearchThreads, Math.max(1, others));
  return Math.max(milliseconds, blendMilliseconds) > shortestAside ? Math.min(mostSearchThreads, others) : 0;
}

/** Searches that one pass may answer without holding the thread up for too long. */
function atOnce(milliseconds: number): number {
  return Math.min(slotCount - 1, Math.max(1, Math.floor(longestHere / milliseconds)));
}

/** Waits for the event loop to turn, so that whatever came in with a question is asked with it. */
function onThisThread(tasks: RankTasks, slots: readonly Slot[]): Executor {
  return {
    slots,
    takes: () => true,
    run: (...asked: Parameters<RankTasks>) =>
      new Promise<number[]>((resolve, reject) => {
        setImmediate(() => {
          try {
            resolve(tasks(...asked));
          } catch (error) {
            reject(error);
          }
        });
      }),
  };
}
