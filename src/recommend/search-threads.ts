import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import type { ModelShape, Slot } from '../model/layout.ts';
import type { Model } from '../model/model.ts';
import type { Executor } from './batches.ts';
import type { Matrix } from './ranking.ts';
import type { ScanKernel } from './scan.ts';

/** What a search thread is started with. */
export interface ThreadData {
  readonly memory: WebAssembly.Memory;
  readonly shape: ModelShape;
  readonly hasTree: boolean;
  readonly kernel: ScanKernel;
}

/** Slots by their number. */
export interface ThreadQuestions {
  readonly matrix: Matrix;
  readonly questions: readonly { readonly slot: number; readonly k: number }[];
}

export interface SearchThreads {
  readonly executors: readonly Executor[];
  close(): Promise<void>;
}

const foundSchema = z.array(z.number());

/** Starts threads that search the memory of a model, and share its slots but the first among them. */
export function startThreads(model: Model, kernel: ScanKernel, count: number): SearchThreads {
  const { memory, songs, vectorSize, input, hasTree, manifest: { outputVectors } } = model;
  const slots = model.slots.slice(1);
  const each = Math.floor(slots.length / count);
  const shape = { songs: songs.length, vectorSize, outputVectors, exact: input !== null };
  const threads = Array.from({ length: count }, (_, i) => startThread({ memory, shape, hasTree, kernel }, slots.slice(i * each, (i + 1) * each), 1 + i * each));
  return {
    executors: threads,
    close: async () => {
      for (const { worker } of threads) await worker.terminate();
    },
  };
}

function startThread(workerData: ThreadData, slots: readonly Slot[], first: number): Executor & { readonly worker: Worker } {
  const worker = new Worker(new URL(`./search-thread${extname(import.meta.url)}`, import.meta.url), { workerData });
  let pending: PromiseWithResolvers<readonly number[]> | undefined;
  let failure: Error | undefined;
  const fail = (error: Error) => {
    failure = error;
    pending?.reject(error);
  };
  worker.on('message', (found) => pending?.resolve(foundSchema.parse(found)));
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`the search thread ended with ${code}`)));
  worker.unref();
  return {
    worker,
    slots,
    async run(matrix, questions) {
      if (failure) throw failure;
      pending = Promise.withResolvers();
      worker.postMessage({ matrix, questions: questions.map(({ slot, k }) => ({ slot: first + slots.indexOf(slot), k })) } satisfies ThreadQuestions);
      return pending.promise;
    },
  };
}
