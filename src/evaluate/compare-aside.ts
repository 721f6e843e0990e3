import { type ChildProcess, fork } from "node:child_process";
import { setPriority } from "node:os";
import { extname } from "node:path";
import { z } from "zod";
import { createError, errorFrom } from "../errors.ts";
import { type Comparison, comparisonSchema, type NumberedModel } from "./compare.ts";
import type { ComparisonTask } from "./comparer.ts";

/** Compares versions in processes of their own, one at a time, which let everything else go first. */
export interface Comparisons {
  /** @throws COMPARISON_QUEUE_FULL, CANCELLED, MODEL_DAMAGED with the file named */
  compare(
    a: NumberedModel,
    b: NumberedModel,
    options: { readonly songs: number; readonly limit: number },
    signal: AbortSignal,
  ): Promise<Comparison>;
  /** Ends what runs and what waits. */
  close(): Promise<void>;
}

const niceness = 10;
const longest = 600_000;
const mostWaiting = 8;
const mostKept = 20;
const answerSchema = z.union([
  z.object({ comparison: comparisonSchema }),
  z.object({ failed: z.object({ code: z.string(), message: z.string() }) }),
]);

export function createComparisons(): Comparisons {
  const closing = new AbortController();
  const kept = new Map<string, Comparison>();
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  async function inTurn(task: ComparisonTask, signal: AbortSignal): Promise<Comparison> {
    if (waiting >= mostWaiting) throw createError("COMPARISON_QUEUE_FULL", { limit: mostWaiting });
    waiting += 1;
    const turn = last.then(() => runComparer(task, signal));
    last = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      waiting -= 1;
    }
  }

  return {
    async compare(a, b, { songs, limit }, signal) {
      const key = JSON.stringify(
        [a, b].map(({ version, manifest }) => [version, manifest.createdAt, manifest.files]).concat([[songs, limit]]),
      );
      const known = kept.get(key);
      if (known) return known;
      const task = {
        a: { version: a.version, folder: a.folder },
        b: { version: b.version, folder: b.folder },
        songs,
        limit,
      };
      const comparison = await inTurn(task, AbortSignal.any([signal, closing.signal]));
      kept.set(key, comparison);
      const oldest = kept.keys().next().value;
      if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
      return comparison;
    },
    async close() {
      closing.abort();
      await last;
    },
  };
}

/** No process outlives this promise. */
function runComparer(task: ComparisonTask, signal: AbortSignal): Promise<Comparison> {
  if (signal.aborted) throw createError("CANCELLED");
  const comparer = fork(new URL(`./comparer${extname(import.meta.url)}`, import.meta.url), {
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  if (comparer.pid !== undefined) lowerPriority(comparer.pid);
  const kill = () => comparer.kill("SIGKILL");
  const timer = setTimeout(kill, longest);
  signal.addEventListener("abort", kill, { once: true });
  return answerOf(comparer, task, signal).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", kill);
  });
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    // it has exited already, or the system has no priorities
  }
}

function answerOf(comparer: ChildProcess, task: ComparisonTask, signal: AbortSignal): Promise<Comparison> {
  return new Promise((resolve, reject) => {
    let answer: z.infer<typeof answerSchema> | undefined;
    let failure: Error | undefined;
    comparer.on("message", (message) => {
      const { data, error } = answerSchema.safeParse(message);
      if (data) answer = data;
      else {
        failure = error;
        comparer.kill("SIGKILL");
      }
    });
    comparer.on("error", (error) => {
      failure = error;
    });
    comparer.once("close", (code, exitSignal) => {
      if (answer && "comparison" in answer) resolve(answer.comparison);
      else if (answer) reject(errorFrom(answer.failed.code, answer.failed.message));
      else if (signal.aborted) reject(createError("CANCELLED"));
      else
        reject(
          createError("INTERNAL", undefined, {
            cause: failure ?? new Error(`the comparing process ended with ${exitSignal ?? code}`),
          }),
        );
    });
    comparer.send(task);
  });
}
