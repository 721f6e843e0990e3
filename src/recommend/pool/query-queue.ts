import type { Slot } from "../../model/memory/layout.ts";
import type { Excluded } from "../catalogue/mask.ts";
import { type Nearest, takeHeap } from "../vectors/heap.ts";
import { exclude, putQuery, release } from "../vectors/ranking.ts";
import type { Matrix } from "../vectors/searchable.ts";
import type { BlendQuery, PoolQuery, SearchKind } from "./run-searches.ts";

/** What runs searches: a search thread, or the calling thread. */
export interface Executor {
  /** As many queries as one pass answers. */
  readonly slots: readonly Slot[];
  accepts(kind: SearchKind): boolean;
  /** See `RunSearches`. */
  run(kind: SearchKind, queries: readonly PoolQuery[]): Promise<readonly number[]>;
}

interface Waiting {
  readonly kind: SearchKind;
  readonly excluded: Excluded;
  readonly toQuery: (slot: Slot) => PoolQuery;
  readonly result: PromiseWithResolvers<Nearest>;
}

/**
 * Queries that wait for an executor. Scans that wait while all are busy share the next pass over the vectors, as many as it
 * has slots: that is what keeps throughput when many come at once. Blends share nothing and run one by one, unless many wait.
 */
export interface QueryQueue {
  nearest(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): Promise<Nearest>;
  blend(query: BlendQuery, k: number, excluded: Excluded): Promise<Nearest>;
  /** Resolves once no query waits or runs. */
  idle(): Promise<void>;
}

/** @param executors the last one is preferred, where it is free */
export function createQueryQueue(executors: readonly Executor[]): QueryQueue {
  const free = new Set(executors);
  const waiting: Waiting[] = [];
  const whenIdle: (() => void)[] = [];
  const isIdle = () => free.size === executors.length && waiting.length === 0;

  /** One at a time an executor would be idle between two messages. */
  function blendsAtOnce(): number {
    const blends = waiting.filter(({ kind }) => kind === "blend").length;
    return Math.max(1, Math.floor(blends / (2 * executors.length)));
  }

  function dispatch(): void {
    for (let i = 0; i < waiting.length && free.size > 0;) {
      const { kind } = waiting[i] as Waiting;
      const executor = executors.findLast((each) => free.has(each) && each.accepts(kind));
      if (!executor) i++;
      else {
        const most = kind === "blend" ? blendsAtOnce() : Infinity;
        void run(executor, kind, takeFrom(i, kind, Math.min(executor.slots.length, most)));
      }
    }
  }

  /** Up to `most` queries of one kind, the first of them at an index of the queue. */
  function takeFrom(first: number, kind: SearchKind, most: number): Waiting[] {
    const taken = new Set(
      waiting
        .slice(first)
        .filter((query) => query.kind === kind)
        .slice(0, most),
    );
    waiting.splice(0, waiting.length, ...waiting.filter((query) => !taken.has(query)));
    return [...taken];
  }

  async function run(executor: Executor, kind: SearchKind, batch: readonly Waiting[]): Promise<void> {
    free.delete(executor);
    let queries: PoolQuery[] = [];
    try {
      queries = executor.slots.slice(0, batch.length).flatMap((slot, i) => batch[i]?.toQuery(slot) ?? []);
      const found = await executor.run(kind, queries);
      for (const [i, { result }] of batch.entries()) result.resolve(takeHeap(queries[i]?.slot, found[i] ?? 0));
    } catch (error) {
      for (const { result } of batch) result.reject(error);
    }
    for (const [i, { slot }] of queries.entries()) release(slot, batch[i]?.excluded ?? []);
    free.add(executor);
    dispatch();
    if (isIdle()) for (const resolve of whenIdle.splice(0)) resolve();
  }

  function add(kind: SearchKind, excluded: Excluded, toQuery: Waiting["toQuery"]): Promise<Nearest> {
    const result = Promise.withResolvers<Nearest>();
    waiting.push({ kind, excluded, toQuery, result });
    dispatch();
    return result.promise;
  }

  return {
    nearest: (matrix, query, k, excluded) =>
      add(matrix, excluded, (slot) => {
        putQuery(slot, query, excluded);
        return { slot, k };
      }),
    blend: (blend, k, excluded) =>
      add("blend", excluded, (slot) => {
        exclude(slot, excluded);
        return { slot, k, blend };
      }),
    async idle() {
      if (!isIdle()) await new Promise<void>((resolve) => whenIdle.push(resolve));
    },
  };
}
