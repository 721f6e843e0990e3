import type { Slot } from "../../model/memory/layout.ts";
import type { Excluded } from "../catalogue/mask.ts";
import { type NearestSongs, readHeap } from "../vectors/heap.ts";
import { writeExclusions, writeQuery, clearExclusions } from "../vectors/vector-ranker.ts";
import type { Matrix } from "../vectors/searchable.ts";
import type { BlendQuery, PoolQuery, SearchKind } from "./run-searches.ts";

/** A search thread or the calling thread, which runs searches. */
export interface Executor {
  /** One slot for each query of a pass. */
  readonly slots: readonly Slot[];
  accepts(kind: SearchKind): boolean;
  /** See `RunSearches`. */
  run(kind: SearchKind, queries: readonly PoolQuery[]): Promise<readonly number[]>;
}

interface WaitingQuery {
  readonly kind: SearchKind;
  readonly excluded: Excluded;
  readonly toQuery: (slot: Slot) => PoolQuery;
  readonly result: PromiseWithResolvers<NearestSongs>;
}

/**
 * A queue of queries for executors. Scans that wait while all executors are busy share the next pass over the vectors,
 * up to the number of slots of the executor. This keeps throughput up under load. Blends share nothing and run one by
 * one, unless many wait.
 */
export interface QueryQueue {
  nearest(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): Promise<NearestSongs>;
  blend(query: BlendQuery, k: number, excluded: Excluded): Promise<NearestSongs>;
  /** Resolves once no query waits or runs. */
  idle(): Promise<void>;
}

/** @param executors the last one is preferred if it is free */
export function createQueryQueue(executors: readonly Executor[]): QueryQueue {
  const free = new Set(executors);
  const waiting: WaitingQuery[] = [];
  const whenIdle: (() => void)[] = [];
  const isIdle = () => free.size === executors.length && waiting.length === 0;

  /** With one blend at a time an executor would be idle between two messages. */
  function blendsAtOnce(): number {
    const blends = waiting.filter(({ kind }) => kind === "blend").length;
    return Math.max(1, Math.floor(blends / (2 * executors.length)));
  }

  function dispatch(): void {
    for (let i = 0; i < waiting.length && free.size > 0;) {
      const { kind } = waiting[i] as WaitingQuery;
      const executor = executors.findLast((each) => free.has(each) && each.accepts(kind));
      if (!executor) i++;
      else {
        const limit = kind === "blend" ? blendsAtOnce() : Infinity;
        void run(executor, kind, takeFrom(i, kind, Math.min(executor.slots.length, limit)));
      }
    }
  }

  /** Removes up to `limit` queries of one kind from the queue, starting at an index. */
  function takeFrom(first: number, kind: SearchKind, limit: number): WaitingQuery[] {
    const taken = new Set(
      waiting
        .slice(first)
        .filter((query) => query.kind === kind)
        .slice(0, limit),
    );
    waiting.splice(0, waiting.length, ...waiting.filter((query) => !taken.has(query)));
    return [...taken];
  }

  async function run(executor: Executor, kind: SearchKind, batch: readonly WaitingQuery[]): Promise<void> {
    free.delete(executor);
    let queries: PoolQuery[] = [];
    try {
      queries = executor.slots.slice(0, batch.length).flatMap((slot, i) => batch[i]?.toQuery(slot) ?? []);
      const found = await executor.run(kind, queries);
      for (const [i, { result }] of batch.entries()) result.resolve(readHeap(queries[i]?.slot, found[i] ?? 0));
    } catch (error) {
      for (const { result } of batch) result.reject(error);
    }
    for (const [i, { slot }] of queries.entries()) clearExclusions(slot, batch[i]?.excluded ?? []);
    free.add(executor);
    dispatch();
    if (isIdle()) for (const resolve of whenIdle.splice(0)) resolve();
  }

  function add(kind: SearchKind, excluded: Excluded, toQuery: WaitingQuery["toQuery"]): Promise<NearestSongs> {
    const result = Promise.withResolvers<NearestSongs>();
    waiting.push({ kind, excluded, toQuery, result });
    dispatch();
    return result.promise;
  }

  return {
    nearest: (matrix, query, k, excluded) =>
      add(matrix, excluded, (slot) => {
        writeQuery(slot, query, excluded);
        return { slot, k };
      }),
    blend: (blend, k, excluded) =>
      add("blend", excluded, (slot) => {
        writeExclusions(slot, excluded);
        return { slot, k, blend };
      }),
    async idle() {
      if (!isIdle()) await new Promise<void>((resolve) => whenIdle.push(resolve));
    },
  };
}
