import { availableParallelism } from "node:os";
import { heapCapacity, mostSearchThreads, type Slot, slotCount } from "../../model/memory/layout.ts";
import type { Model } from "../../model/model.ts";
import { createBatches, type Executor } from "./batches.ts";
import type { BlendData, Blender } from "../ensemble/blender.ts";
import type { Nearest } from "../vectors/heap.ts";
import type { Excluded } from "../catalogue/mask.ts";
import { type BlendQuestion, createRankTasks, rankByPlaylists, type RankTask, type RankTasks } from "./rank-tasks.ts";
import { type Matrix, mostNearest } from "../vectors/ranking.ts";
import type { ScanModule } from "../vectors/scan.ts";
import { openSearchHere, type SearchHere } from "../vectors/search-here.ts";
import { startThreads } from "./search-threads.ts";

/** Where a model is searched, and why. */
export interface SearchPlan {
  /** Milliseconds of this thread that one scan is reckoned to take. */
  readonly milliseconds: number;
  /** That a blend takes a search thread by now; null where there is none to make it. */
  readonly blendMilliseconds: number | null;
  /** Search threads; none: searches run on the thread that asks. */
  readonly threads: number;
  /** What finds songs like a song, most questions at least; the others are scans. */
  readonly index: "hnsw" | null;
}

/** A model that can be asked, at once on this thread, or wherever it holds this one up the least. */
export interface Search extends Pick<SearchHere, "nearestNow" | "scoresOf" | "scores"> {
  readonly model: Model;
  /** Whole once it is ready. */
  readonly plan: SearchPlan;
  /**
   * The songs with the k best scores, those excluded aside; as many as there are where they are fewer. By an index, where
   * the model has one, they are nearly the best ones; masks, and more than some hundred songs, are left to a scan. Questions that
   * come together share a pass over the matrix, on a search thread where it would hold this one up.
   */
  nearest(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): Promise<Nearest>;
  /** Whether `nearest` leaves such a question to a search thread: one that takes a scan, or down a tree may take one for its mask. */
  asksThread(matrix: Matrix, k: number, excluded: Excluded): boolean;
  /** The k songs that a strategy of playlists puts first, as the blender ranks them. */
  blend(question: BlendQuestion, k: number, excluded: Excluded): Promise<Nearest>;
  /** Whether there are search threads to leave it to. */
  blendsAside(k: number): boolean;
  /** Resolves once its search threads can answer, which takes a while after their start, and have said what a blend takes: whoever asks before waits. */
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
}

/** Milliseconds of a search for which it is worth asking another thread: that takes some tenth of one itself. */
const shortestAside = 0.25;
/** So long a search may hold up whatever else this thread does. */
const longestHere = 1.5;
/** How much the newest pass counts in the mean time of its kind. */
const newest = 0.1;

export function createSearch(
  model: Model,
  scanModule: ScanModule,
  { threads, here = openSearchHereOf(model, scanModule), blending }: SearchOptions = {},
): Search {
  const { ranking } = here;
  const milliseconds = ranking.estimate(model.slots[0]);
  const count = threads ?? threadsFor(milliseconds, blending !== undefined);
  const tasks = createRankTasks(ranking, blending?.blender);
  /** Milliseconds that each takes: a scan as measured here, a blend as a thread says first, and then as passes take. */
  const times = new Map<RankTask, number>([
    ["input", milliseconds],
    ["output", milliseconds],
  ]);
  const timeOf = (task: RankTask): number => times.get(task) ?? Infinity;
  const learn = (task: RankTask, taken: number) =>
    void times.set(task, times.has(task) ? timeOf(task) + newest * (taken - timeOf(task)) : taken);
  const isAside = (task: RankTask): boolean => threads !== undefined || timeOf(task) > shortestAside;
  const started =
    count > 0
      ? startThreads(model, {
          kernel: scanModule.kernel,
          count,
          blendData: blending?.data,
          takes: isAside,
          tasks,
          onPass: learn,
        })
      : undefined;
  const batches = createBatches([...(started?.executors ?? []), executorHere()]);
  let isClosed = false;

  /** Without search threads for all that is asked; else, where it takes no long time, for what is asked alone, and while they are busy. */
  function executorHere(): Executor {
    if (!started) return onThisThread(tasks, model.slots.slice(1, 1 + atOnce(milliseconds)), () => true);
    return onThisThread(tasks, model.slots.slice(1, 2), (task) => timeOf(task) <= longestHere);
  }

  const hasThreads = () => started !== undefined && !isClosed;

  return {
    model,
    get plan(): SearchPlan {
      return {
        milliseconds: timeOf("input"),
        blendMilliseconds: blending && Number.isFinite(timeOf("blend")) ? timeOf("blend") : null,
        threads: hasThreads() ? count : 0,
        index: model.graph ? "hnsw" : null,
      };
    },
    scores: here.scores,
    nearestNow: here.nearestNow,
    scoresOf: here.scoresOf,
    asksThread(matrix, k, excluded) {
      if (!hasThreads() || !isAside(matrix) || k > mostNearest || here.isForIndex(matrix, k, excluded)) return false;
      return matrix === "input" || !model.hasTree || "bits" in excluded;
    },
    nearest: async (matrix, query, k, excluded) =>
      here.nearestByIndex(matrix, query, k, excluded) ??
      (k > mostNearest || isClosed
        ? here.nearestByScan(matrix, query, k, excluded)
        : batches.nearest(matrix, query, k, excluded)),
    blendsAside: (k) => hasThreads() && isAside("blend") && k <= heapCapacity,
    blend: async (question, k, excluded) =>
      isClosed && blending
        ? rankByPlaylists(blending.blender, question, excluded, k)
        : batches.blend(question, k, excluded),
    async ready() {
      await started?.ready();
      if (threads === undefined && !isAside("input") && !isAside("blend")) await close();
    },
    close,
  };

  async function close(): Promise<void> {
    isClosed = true;
    await batches.idle();
    await started?.close();
  }
}

export function openSearchHereOf(model: Model, scanModule: ScanModule): SearchHere {
  return openSearchHere(model, scanModule.bind(model.memory), { efSearch: model.manifest.index?.efSearch ?? 0 });
}

/** Blends are left to threads at first, which say what they take. */
function threadsFor(milliseconds: number, blends: boolean): number {
  const others = availableParallelism() - 1;
  if (milliseconds > longestHere) return Math.min(mostSearchThreads, Math.max(1, others));
  return milliseconds > shortestAside || blends ? Math.min(mostSearchThreads, others) : 0;
}

/** Searches that one pass may answer without holding the thread up for too long. */
function atOnce(milliseconds: number): number {
  return Math.min(slotCount - 1, Math.max(1, Math.floor(longestHere / milliseconds)));
}

/** Waits for the event loop to turn, so that whatever came in with a question is asked with it. */
function onThisThread(tasks: RankTasks, slots: readonly Slot[], takes: Executor["takes"]): Executor {
  return {
    slots,
    takes,
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
