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

/** Worker data of a search thread. */
export interface ThreadData {
  readonly memory: WebAssembly.Memory;
  readonly shape: ModelShape;
  readonly hasTree: boolean;
  readonly kernel: ScanKernel;
  /** Number of the thread, from 1. */
  readonly thread: number;
  /** Index of the slot for vector searches of its blends. */
  readonly ownSlot: number;
  readonly blendData: BlendData | undefined;
}

/** A message to a thread: queries with the indices of their slots. */
export interface SearchMessage {
  readonly kind: SearchKind;
  readonly queries: readonly { readonly slot: number; readonly k: number; readonly blend?: BlendQuery }[];
}

/** The response of a thread; see `RunSearches`. */
export interface ResultMessage {
  readonly found: readonly number[];
  readonly milliseconds: number;
}

/** The first message of a thread, when it is ready to search. */
export interface ReadyMessage {
  /** Measured latency of a blend; 0 without playlists. */
  readonly blendMilliseconds: number;
}

export interface ThreadsOptions extends Pick<Executor, "accepts"> {
  readonly kernel: ScanKernel;
  readonly count: number;
  /** For models with playlists. */
  readonly blendData?: BlendData | undefined;
  /** Fallback if a search thread dies. */
  readonly runOnCallingThread: RunSearches;
  /** Called with the milliseconds per query of each pass, and with the latency of a blend when a thread is ready. */
  readonly onPass: (kind: SearchKind, milliseconds: number) => void;
}

export interface SearchThreads {
  readonly executors: readonly Executor[];
  /** Resolves when all threads can search; earlier queries wait. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

const resultSchema = z.object({ found: z.array(z.number()), milliseconds: z.number() });

/**
 * Starts threads that search the shared memory of a model. The first two slots belong to the calling thread, the others
 * are divided among the threads. If a thread dies, its queries run on the calling thread and the next query restarts
 * it. A thread that dies before its first result is not restarted.
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
    nextSongs: manifest.nextSongs,
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
  /** Resolves when it can search, or has died. */
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
  /** Number of awaited promises. Only these keep the process alive. */
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
    started.on("exit", (code) => fail(new Error(`search thread exited with code ${code}`)));
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
