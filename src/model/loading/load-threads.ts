import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { Song2vecError } from "../../errors.ts";
import { damaged } from "../format/checked-file.ts";
import type { ModelParts, ReadTask } from "./read.ts";
import type { Apart, IndexTask, RowsTask } from "./read-apart.ts";

export interface ModelTask extends ReadTask {
  /** See `lowerThreadPriority`; a thread that lets others go first reads vectors alone. */
  readonly niceness: number;
}

export type ThreadTask =
  | ({ readonly part: "model" } & ModelTask)
  | ({ readonly part: "tables" } & ReadTask)
  | ({ readonly part: "rows" } & RowsTask)
  | ({ readonly part: "index" } & IndexTask);

/** What a loading thread tells, once. */
type Outcome<T> =
  | { readonly read: T }
  | { readonly damaged: { readonly file: string; readonly reason: string } }
  | { readonly failure: unknown };

/** Reads a model on a thread of its own, which has others help it, see `readModelApart`, and makes its codes when it is in use already. */
export async function readInThread(task: ModelTask, signal: AbortSignal | undefined): Promise<ModelParts> {
  const { worker, outcome } = startReading<ModelParts>({ ...task, part: "model" }, signal);
  const parts = await outcome;
  worker.unref(); // it makes codes, and ends
  return parts;
}

/** The thread goes on after it has read; it is ended where it fails or is aborted. */
function startReading<T>(workerData: ThreadTask, signal?: AbortSignal): { worker: Worker; outcome: Promise<T> } {
  const worker = new Worker(new URL(`./load-thread${extname(import.meta.url)}`, import.meta.url), { workerData });
  const outcome = new Promise<T>((resolve, reject) => {
    const fail = (error: unknown) => {
      signal?.removeEventListener("abort", abort);
      void worker.terminate();
      reject(error);
    };
    const abort = () => fail(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    worker.once("error", fail);
    worker.once("exit", (code) => fail(new Error(`the loading thread ended with ${code}`)));
    worker.once("message", (told: Outcome<T>) => {
      if ("damaged" in told) return fail(damaged(told.damaged.file, told.damaged.reason));
      if ("failure" in told) return fail(told.failure);
      signal?.removeEventListener("abort", abort);
      return resolve(told.read);
    });
  });
  return { worker, outcome };
}

/** The same for a thread that helps, and is ended. */
export function readApart<T>(task: ThreadTask): Apart<T> {
  const { worker, outcome } = startReading<T>(task);
  return { outcome, end: () => worker.terminate() };
}

/** For the thread: what it read, or why it could not, in a form that can be sent. */
export async function tell<T>(read: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { read: await read() };
  } catch (error) {
    if (!(error instanceof Song2vecError)) return { failure: error };
    return { damaged: { file: String(error.params["file"]), reason: String(error.params["reason"]) } };
  }
}
