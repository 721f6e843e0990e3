import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { createError, errorFrom } from "../../errors.ts";
import type { Operation, OperationResult } from "./operations.ts";
import type { ThreadData } from "./thread.ts";

interface Pending {
  readonly call: Operation;
  readonly settle: (outcome: OperationResult) => void;
}

type Operations = Record<string, (...args: never[]) => unknown>;

/** Calls that wait for the thread; more are refused. */
const longestQueue = 20_000;
/** Calls of one batch, which is one commit where they write. */
const largestBatch = 512;

/** A database in a thread of its own. Calls that come while it works on a batch make up the next one. */
export interface DatabaseClient<O extends Operations> {
  /** @throws STORE_BUSY, and what the operation throws */
  run<K extends keyof O & string>(name: K, ...args: Parameters<O[K]>): Promise<ReturnType<O[K]>>;
  /** Finishes what was called. */
  close(): Promise<void>;
}

/** @throws what opening the database throws */
export async function openClient<O extends Operations>(data: ThreadData): Promise<DatabaseClient<O>> {
  const worker = new Worker(new URL(`./thread${extname(import.meta.url)}`, import.meta.url), { workerData: data });
  const exited = once(worker, "exit");
  const [[opening]]: [OperationResult[]] = (await once(worker, "message")) as [OperationResult[]];
  if (opening && "error" in opening) throw errorFrom(opening.error);

  const waiting: Pending[] = [];
  let running: Pending[] = [];
  let closing = false;

  function runNext(): void {
    if (running.length > 0) return;
    running = waiting.splice(0, largestBatch);
    if (running.length > 0) worker.postMessage(running.map(({ call }) => call));
    else if (closing) worker.postMessage(null);
  }

  worker.on("message", (outcomes: OperationResult[]) => {
    const settled = running;
    running = [];
    runNext();
    settled.forEach(({ settle }, i) => settle(outcomes[i] ?? { error: { code: "INTERNAL", message: "no outcome" } }));
  });
  worker.on("error", (error) => {
    for (const { settle } of [...running, ...waiting]) settle({ error: { code: "INTERNAL", message: String(error) } });
    throw error;
  });

  return {
    run(name, ...args) {
      if (closing) throw new TypeError("the store is closed");
      if (waiting.length >= longestQueue) return Promise.reject(createError("STORE_BUSY"));
      return new Promise((resolve, reject) => {
        const settle = (outcome: OperationResult) => {
          if ("error" in outcome) reject(errorFrom(outcome.error));
          else resolve(outcome.value as Awaited<ReturnType<O[typeof name]>>); // the thread runs the operation of that name
        };
        waiting.push({ call: { name, args }, settle });
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
