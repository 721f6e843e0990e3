import { availableParallelism } from "node:os";
import { scheduler } from "node:timers/promises";
import { heapCapacity, maxSearchThreads, type Slot, slotCount } from "../../model/memory/layout.ts";
import type { Model } from "../../model/model.ts";
import { yieldEvery } from "../../model/yield.ts";
import type { Excluded } from "../catalogue/mask.ts";
import type { BlendData, Blender } from "../ensemble/blender.ts";
import { createIndexSearch } from "../index/index-search.ts";
import type { NearestSongs } from "../vectors/heap.ts";
import { maxNearest } from "../vectors/vector-ranker.ts";
import type { ScanModule } from "../vectors/scan.ts";
import type { Matrix } from "../vectors/searchable.ts";
import { createVectorSearch, type VectorSearch } from "../vectors/vector-search.ts";
import { createQueryQueue, type Executor } from "./query-queue.ts";
import { type BlendQuery, createRunSearches, runBlend, type RunSearches, type SearchKind } from "./run-searches.ts";
import { startThreads, type ThreadsOptions } from "./search-threads.ts";

/** How a model is searched. */
export interface SearchPlan {
  /** Estimated latency of a scan, in milliseconds. */
  readonly milliseconds: number;
  /** Current mean latency of a blend, in milliseconds; null without playlists. */
  readonly blendMilliseconds: number | null;
  /** Number of search threads. With 0, searches run on the calling thread. */
  readonly threads: number;
  /** The index that finds similar songs; null without one. Other queries are scans. */
  readonly index: "hnsw" | null;
}

/**
 * Searches a model. Only this module decides on which thread a query runs, by its estimated cost:
 *
 * - Queries by the HNSW index, and queries of up to 0.25 ms, run immediately on the calling thread, since a message to
 *   another thread would take as long. So do searches of a Huffman tree while their mean cost is at most 1.5 ms.
 * - Other queries wait in one queue for the search threads. The calling thread takes queries of up to 1.5 ms from it
 *   while it is free. Without search threads it takes all queries. It yields to the event loop between passes.
 *
 * The cost of a scan is measured when the model is opened, and the cost of a blend by the search threads. Both are then
 * updated as moving averages.
 */
export interface Search extends Pick<VectorSearch, "scoresOf" | "scores"> {
  readonly model: Model;
  /** Complete when `ready` has resolved. */
  readonly plan: SearchPlan;
  /** Finds the k best songs, or fewer if fewer are not excluded. With an index the result is approximate. */
  nearest(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): Promise<NearestSongs>;
  /** Finds the k best songs by a strategy that uses playlists. */
  blend(query: BlendQuery, k: number, excluded: Excluded): Promise<NearestSongs>;
  /** Resolves when the search threads can search; earlier queries wait. */
  ready(): Promise<void>;
  /** Ends the search threads after their pending queries. Later queries run on the calling thread. */
  close(): Promise<void>;
}

export interface SearchOptions {
  /** Number of search threads; by default derived from the cost of a scan. */
  readonly threads?: number | undefined;
  /** The search of the calling thread; created by default. */
  readonly vectorSearch?: VectorSearch;
  /** For models with playlists. */
  readonly blending?: Blending | undefined;
}

export interface Blending {
  readonly blender: Blender;
  readonly data: BlendData;
}

/** Milliseconds up to which a query runs immediately on the calling thread. */
const maxInline = 0.25;
/** Milliseconds for which a query may block the calling thread. */
const maxBlocking = 1.5;
/** Weight of the newest pass in the moving average of its kind. */
const newestWeight = 0.1;

export function createSearch(
  model: Model,
  scanModule: ScanModule,
  { threads, vectorSearch = openVectorSearch(model, scanModule), blending }: SearchOptions = {},
): Search {
  const estimate = vectorSearch.ranker.measureLatency(model.slots[0]);
  const costs = new Map<SearchKind | "tree", number>([
    ["input", estimate],
    ["output", estimate],
    ["tree", 0],
  ]);
  const costOf = (kind: SearchKind | "tree") => costs.get(kind) ?? Infinity;
  const recordCost = (kind: SearchKind | "tree", milliseconds: number) => {
    const before = costs.get(kind) ?? milliseconds;
    costs.set(kind, before + newestWeight * (milliseconds - before));
  };
  const isInline = (kind: SearchKind) => threads === undefined && costOf(kind) <= maxInline;

  const count = threads ?? threadsFor(estimate, blending !== undefined);
  const runOnCallingThread = createRunSearches(vectorSearch.ranker, blending?.blender);
  const pool =
    count > 0
      ? startThreads(model, {
          kernel: scanModule.kernel,
          count,
          blendData: blending?.data,
          accepts: (kind) => !isInline(kind),
          runOnCallingThread,
          onPass: recordCost,
        })
      : undefined;
  const callingThread = pool
    ? createExecutor(runOnCallingThread, model.slots.slice(1, 2), (kind) => costOf(kind) <= maxBlocking, recordCost)
    : createExecutor(runOnCallingThread, model.slots.slice(1, 1 + scansAtOnce(estimate)), () => true, recordCost);
  const queue = createQueryQueue([...(pool?.executors ?? []), callingThread]);
  const { efSearch = 0 } = model.manifest.index ?? {};
  const searchIndex = createIndexSearch(
    model,
    scanModule.bind(model.memory),
    vectorSearch.ranker,
    model.slots[0],
    efSearch,
  );
  const pause = yieldEvery();
  let isClosed = false;

  /** Runs a search on the calling thread and records its cost. */
  function timed<T>(kind: SearchKind | "tree", run: () => T): T {
    const started = performance.now();
    const found = run();
    recordCost(kind, performance.now() - started);
    return found;
  }

  async function close(): Promise<void> {
    isClosed = true;
    await queue.idle();
    await pool?.close();
  }

  return {
    model,
    get plan(): SearchPlan {
      const blendCost = blending && costs.get("blend");
      return {
        milliseconds: costOf("input"),
        blendMilliseconds: blendCost ?? null,
        threads: isClosed ? 0 : count,
        index: searchIndex ? "hnsw" : null,
      };
    },
    scores: vectorSearch.scores,
    scoresOf: vectorSearch.scoresOf,
    async nearest(matrix, query, k, excluded) {
      const isTree = matrix === "output" && model.hasTree && !("bits" in excluded);
      const isSynchronous = isClosed || k > maxNearest || isInline(matrix) || (isTree && costOf("tree") <= maxBlocking);
      if (searchIndex || isSynchronous) await pause();
      const found = searchIndex?.(matrix, query, k, excluded);
      if (found) return found;
      return isSynchronous
        ? timed(isTree ? "tree" : matrix, () => vectorSearch.nearest(matrix, query, k, excluded))
        : queue.nearest(matrix, query, k, excluded);
    },
    async blend(query, k, excluded) {
      if (!isClosed && k <= heapCapacity && !isInline("blend")) return queue.blend(query, k, excluded);
      await pause();
      return timed("blend", () => runBlend(blending?.blender, query, excluded, k));
    },
    async ready() {
      await pool?.ready();
      if (isInline("input") && isInline("blend")) await close();
    },
    close,
  };
}

export function openVectorSearch(model: Model, scanModule: ScanModule): VectorSearch {
  return createVectorSearch(model, scanModule.bind(model.memory));
}

/** Models with playlists always get threads, because these measure the cost of a blend. */
function threadsFor(scanCost: number, blends: boolean): number {
  const others = availableParallelism() - 1;
  if (scanCost > maxBlocking) return Math.min(maxSearchThreads, Math.max(1, others));
  return scanCost > maxInline || blends ? Math.min(maxSearchThreads, others) : 0;
}

/** Number of scans in one pass that block the calling thread for at most `maxBlocking`. */
function scansAtOnce(scanCost: number): number {
  return Math.min(slotCount - 1, Math.max(1, Math.floor(maxBlocking / scanCost)));
}

/**
 * The executor of the calling thread. It yields to the event loop first, so that concurrent queries share a pass;
 * blends run alone.
 */
function createExecutor(
  run: RunSearches,
  slots: readonly Slot[],
  accepts: Executor["accepts"],
  onPass: ThreadsOptions["onPass"],
): Executor {
  return {
    slots,
    accepts,
    async run(kind, queries) {
      const found: number[] = [];
      for (const pass of kind === "blend" ? queries.map((query) => [query]) : [queries]) {
        await scheduler.yield();
        const started = performance.now();
        found.push(...run(kind, pass));
        onPass(kind, (performance.now() - started) / pass.length);
      }
      return found;
    },
  };
}
