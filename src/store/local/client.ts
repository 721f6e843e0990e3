import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { createError, errorFrom } from "../../errors.ts";
import type { Operation, OperationResult } from "./operations.ts";
import type { ThreadData } from "./thread.ts";

interface Pending {
  readonly operation: Operation;
  readonly complete: (result: OperationResult) => void;
}

type Operations = Record<string, (...args: never[]) => unknown>;

/** Operations that wait for the thread; more are rejected with STORE_BUSY. */
const maxQueued = 20_000;
/** Operations of one batch. A batch of the writing thread is one commit. */
const maxBatch = 512;

/** A database in its own thread. Operations that arrive while it runs a batch form the next batch. */
export interface DatabaseClient<O extends Operations> {
  /** @throws STORE_BUSY, and the errors of the operation */
  run<K extends keyof O & string>(name: K, ...args: Parameters<O[K]>): Promise<ReturnType<O[K]>>;
  /** Completes pending operations. */
  close(): Promise<void>;
}

/** @throws the error of opening the database */
export async function openClient<O extends Operations>(data: ThreadData): Promise<DatabaseClient<O>> {
  const worker = new Worker(new URL(`./thread${extname(import.meta.url)}`, import.meta.url), { workerData: data });
  const exited = once(worker, "exit");
  const [[opening]]: [OperationResult[]] = (await once(worker, "message")) as [OperationResult[]];
  if (opening && "error" in opening) throw errorFrom(opening.error);

  const queued: Pending[] = [];
  let running: Pending[] = [];
  let closing = false;

  function runNext(): void {
    if (running.length > 0) return;
    running = queued.splice(0, maxBatch);
    if (running.length > 0) worker.postMessage(running.map(({ operation }) => operation));
    else if (closing) worker.postMessage(null);
  }

  worker.on("message", (results: OperationResult[]) => {
    const finished = running;
    running = [];
    runNext();
    finished.forEach(({ complete }, i) =>
      complete(results[i] ?? { error: { code: "INTERNAL", message: "no result" } }),
    );
  });
  worker.on("error", (error) => {
    for (const { complete } of [...running, ...queued])
      complete({ error: { code: "INTERNAL", message: String(error) } });
    throw error;
  });

  return {
    run(name, ...args) {
      if (closing) throw new TypeError("the store is closed");
      if (queued.length >= maxQueued) return Promise.reject(createError("STORE_BUSY"));
      return new Promise((resolve, reject) => {
        const complete = (result: OperationResult) => {
          if ("error" in result) reject(errorFrom(result.error));
          // the thread runs the operation of this name, so the type of the result is known
          else resolve(result.value as Awaited<ReturnType<O[typeof name]>>);
        };
        queued.push({ operation: { name, args }, complete });
        runNext();
      });
    },
    async close() {
      closing = true;
      runNext();
      await exited;
    },
  };
}
