import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { z } from "zod";
import type { ModelShape, Slot } from "../../model/memory/layout.ts";
import type { Model } from "../../model/model.ts";
import type { Executor } from "./batches.ts";
import type { BlendData } from "../ensemble/blender.ts";
import type { BlendQuestion, RankQuestion, RankTask, RankTasks } from "./rank-tasks.ts";
import type { ScanKernel } from "../vectors/scan.ts";

/** What a search thread is started with. */
export interface ThreadData {
  readonly memory: WebAssembly.Memory;
  readonly shape: ModelShape;
  readonly hasTree: boolean;
  readonly kernel: ScanKernel;
  /** Its number, from 1. */
  readonly thread: number;
  /** For blends, beside the slots that it is asked in. */
  readonly ownSlot: number;
  readonly blendData: BlendData | undefined;
}

/** Slots by their number. */
export interface ThreadQuestions {
  readonly task: RankTask;
  readonly questions: readonly { readonly slot: number; readonly k: number; readonly blend?: BlendQuestion }[];
}

/** What a thread answers. */
export interface ThreadAnswer {
  /** See `RankTasks`. */
  readonly found: readonly number[];
  readonly milliseconds: number;
}

/** What a thread says first, once it can answer. */
export interface ThreadReady {
  /** That a blend takes it; 0 where it makes none. */
  readonly blendMilliseconds: number;
}

export interface ThreadsOptions extends Pick<Executor, "takes"> {
  readonly kernel: ScanKernel;
  readonly count: number;
  /** For threads that are to blend. */
  readonly blendData?: BlendData | undefined;
  /** On this thread. */
  readonly tasks: RankTasks;
  /** Hears how many milliseconds each question of a pass took; and, once a thread can answer, a blend. */
  readonly onPass: (task: RankTask, milliseconds: number) => void;
}

export interface SearchThread extends Executor {
  /** The one that is asked now. */
  worker(): Worker;
  /** Resolves once it can answer, or where it dies before. */
  ready(): Promise<void>;
}

export interface SearchThreads {
  readonly executors: readonly SearchThread[];
  /** Resolves once all of them can answer: who asks before waits for that. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

const answerSchema = z.object({ found: z.array(z.number()), milliseconds: z.number() });
/**
 * Starts threads that search the memory of a model, and share its slots but the first two among them, which are this thread's. What a thread was asked
 * when it died is answered on this thread, and the next question starts another one, unless it died before it answered
 * anything: then this thread goes on alone.
 */
export function startThreads(
  model: Model,
  { kernel, count, blendData, takes, tasks, onPass }: ThreadsOptions,
): SearchThreads {
  const {
    memory,
    songs,
    vectorSize,
    input,
    hasTree,
    graph,
    manifest: { outputVectors },
  } = model;
  const slots = model.slots.slice(2);
  const each = Math.floor(slots.length / count);
  const shape = {
    songs: songs.length,
    vectorSize,
    outputVectors,
    exact: input !== null,
    linksEach: graph ? graph.links.length / songs.length : 0,
  };
  const threads = Array.from({ length: count }, (_, i) => {
    const first = 2 + i * each;
    return startThread(
      { memory, shape, hasTree, kernel, thread: i + 1, ownSlot: first + each - 1, blendData },
      slots.slice(i * each, (i + 1) * each - 1),
      first,
      { takes, tasks, onPass },
    );
  });
  return {
    executors: threads,
    ready: async () => void (await Promise.all(threads.map(({ ready }) => ready()))),
    close: async () => {
      for (const { worker } of threads) await worker().terminate();
    },
  };
}

function startThread(
  workerData: ThreadData,
  slots: readonly Slot[],
  first: number,
  { takes, tasks, onPass }: Pick<ThreadsOptions, "takes" | "tasks" | "onPass">,
): SearchThread {
  let pending: PromiseWithResolvers<ThreadAnswer> | undefined;
  let failure: Error | undefined;
  let hasAnswered = false;
  /** Promises of it that somebody waits for: only for these the process goes on. */
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
    started.once("message", (said: ThreadReady) => {
      if (workerData.blendData) onPass("blend", said.blendMilliseconds);
      ready.resolve();
      started.on("message", (answer) => {
        hasAnswered = true;
        pending?.resolve(answerSchema.parse(answer));
      });
      if (awaited === 0) started.unref(); // a listener has the process wait for it
    });
    started.on("error", fail);
    started.on("exit", (code) => fail(new Error(`the search thread ended with ${code}`)));
    started.unref();
    return started;
  }

  function restart(): void {
    hasAnswered = false;
    failure = undefined;
    worker = start();
  }

  async function askThread(task: RankTask, questions: readonly RankQuestion[]): Promise<readonly number[]> {
    if (failure && hasAnswered) restart();
    if (failure) throw failure;
    pending = Promise.withResolvers();
    worker.postMessage({
      task,
      questions: questions.map(({ slot, ...question }) => ({ ...question, slot: first + slots.indexOf(slot) })),
    } satisfies ThreadQuestions);
    const { found, milliseconds } = await awaiting(pending.promise);
    onPass(task, milliseconds / questions.length);
    return found;
  }

  return {
    worker: () => worker,
    ready: () => awaiting(ready.promise),
    slots,
    takes,
    async run(task, questions) {
      try {
        return await askThread(task, questions);
      } catch {
        for (const { slot } of questions) slot.met.fill(0); // as it left them, in the midst of a search
        return tasks(task, questions);
      }
    },
  };
}
