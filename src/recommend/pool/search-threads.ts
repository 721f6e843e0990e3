import { extname } from "node:path";
import { scheduler } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { z } from "zod";
import type { ModelShape, Slot } from "../../model/memory/layout.ts";
import type { Model } from "../../model/model.ts";
import type { BlendData } from "../ensemble/blender.ts";
import type { ScanKernel } from "../vectors/scan.ts";
import type { Executor } from "./query-queue.ts";
import type { BlendQuery, PoolQuery, RunSearches, SearchKind } from "./run-searches.ts";

/** What a search thread is started with. */
export interface ThreadData {
  readonly memory: WebAssembly.Memory;
  readonly shape: ModelShape;
  readonly hasTree: boolean;
  readonly kernel: ScanKernel;
  /** Its number, from 1. */
  readonly thread: number;
  /** The slot that its blends search in, beside those of queries. */
  readonly ownSlot: number;
  readonly blendData: BlendData | undefined;
}

/** To a thread: queries with the index of their slots. */
export interface SearchMessage {
  readonly kind: SearchKind;
  readonly queries: readonly { readonly slot: number; readonly k: number; readonly blend?: BlendQuery }[];
}

/** From a thread: see `RunSearches`. */
export interface ResultMessage {
  readonly found: readonly number[];
  readonly milliseconds: number;
}

/** The first message of a thread, once it can search. */
export interface ReadyMessage {
  /** What a blend takes there; 0 where it makes none. */
  readonly blendMilliseconds: number;
}

export interface ThreadsOptions extends Pick<Executor, "accepts"> {
  readonly kernel: ScanKernel;
  readonly count: number;
  /** For blends. */
  readonly blendData?: BlendData | undefined;
  /** On the calling thread, where a search thread dies. */
  readonly runOnCallingThread: RunSearches;
  /** Called with the milliseconds of each query of a pass, and of a blend once a thread can search. */
  readonly onPass: (kind: SearchKind, milliseconds: number) => void;
}

export interface SearchThreads {
  readonly executors: readonly Executor[];
  /** Resolves once all of them can search; queries before that wait. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

const resultSchema = z.object({ found: z.array(z.number()), milliseconds: z.number() });

/**
 * Starts threads that search the memory of a model. They share all slots but the first two, which are the calling thread's.
 * When a thread dies, its queries run on the calling thread and the next ones start another, unless it died before its
 * first result: then the calling thread goes on alone.
 */
export function startThreads(model: Model, { count, kernel, blendData, ...options }: ThreadsOptions): SearchThreads {
  const { memory, songs, vectorSize, input, hasTree, graph, manifest } = model;
  const slots = model.slots.slice(2);
  const each = Math.floor(slots.length / count);
  const shape = {
    songs: songs.length,
    vectorSize,
    outputVectors: manifest.outputVectors,
    exact: input !== null,
    linksPerSong: graph ? graph.links.length / songs.length : 0,
  };
  const threads = Array.from({ length: count }, (_, i) => {
    const first = 2 + i * each;
    const data = { memory, shape, hasTree, kernel, thread: i + 1, ownSlot: first + each - 1, blendData };
    return startThread(data, slots.slice(i * each, (i + 1) * each - 1), first, options);
  });
  return {
    executors: threads,
    ready: async () => void (await Promise.all(threads.map(({ ready }) => ready()))),
    close: async () => void (await Promise.all(threads.map(({ close }) => close()))),
  };
}

interface SearchThread extends Executor {
  /** Resolves once it can search, or where it dies before. */
  ready(): Promise<void>;
  close(): Promise<unknown>;
}

function startThread(
  workerData: ThreadData,
  slots: readonly Slot[],
  firstSlot: number,
  { accepts, runOnCallingThread, onPass }: Pick<ThreadsOptions, "accepts" | "runOnCallingThread" | "onPass">,
): SearchThread {
  let pending: PromiseWithResolvers<ResultMessage> | undefined;
  let failure: Error | undefined;
  let hasSearched = false;
  /** Promises of it that somebody waits for: only these keep the process alive. */
  let awaited = 0;
  const ready = Promise.withResolvers<void>();
  let worker = start();

  async function awaiting<T>(promise: Promise<T>): Promise<T> {
    if (awaited++ === 0) worker.ref();
    try {
      return await promise;
    } finally {
      if (--awaited === 0) worker.unref();
    }
  }

  function start(): Worker {
    const started = new Worker(new URL(`./search-thread${extname(import.meta.url)}`, import.meta.url), { workerData });
    const fail = (error: Error) => {
      if (started !== worker) return;
      failure = error;
      pending?.reject(error);
      ready.resolve();
    };
    started.once("message", ({ blendMilliseconds }: ReadyMessage) => {
      if (workerData.blendData) onPass("blend", blendMilliseconds);
      ready.resolve();
      started.on("message", (result) => {
        if (started !== worker) return;
        hasSearched = true;
        pending?.resolve(resultSchema.parse(result));
      });
      if (awaited === 0) started.unref(); // a listener keeps the process alive
    });
    started.on("error", fail);
    started.on("exit", (code) => fail(new Error(`the search thread ended with ${code}`)));
    started.unref();
    return started;
  }

  function restart(): void {
    hasSearched = false;
    failure = undefined;
    worker = start();
  }

  async function runOnThread(kind: SearchKind, queries: readonly PoolQuery[]): Promise<readonly number[]> {
    if (failure && hasSearched) restart();
    if (failure) throw failure;
    pending = Promise.withResolvers();
    worker.postMessage({
      kind,
      queries: queries.map(({ slot, ...query }) => ({ ...query, slot: firstSlot + slots.indexOf(slot) })),
    } satisfies SearchMessage);
    const { found, milliseconds } = await awaiting(pending.promise);
    onPass(kind, milliseconds / queries.length);
    return found;
  }

  return {
    ready: () => awaiting(ready.promise),
    close: () => worker.terminate(),
    slots,
    accepts,
    async run(kind, queries) {
      try {
        return await runOnThread(kind, queries);
      } catch {
        for (const { slot } of queries) slot.visited.fill(0); // as the thread left them in the middle of a search
        await scheduler.yield();
        return runOnCallingThread(kind, queries);
      }
    },
  };
}
