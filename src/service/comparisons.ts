import { extname } from "node:path";
import { createError, Song2vecError } from "../errors.ts";
import { type Comparison, comparisonSchema, type StoredVersion } from "../evaluate/compare.ts";
import { createMutex } from "../training/jobs/mutex.ts";
import { runInChild } from "../training/process/child.ts";
import type { ComparisonTask } from "./comparer.ts";

export type Comparisons = ReturnType<typeof createComparisons>;

const entry = new URL(`./comparer${extname(import.meta.url)}`, import.meta.url);
const niceness = 10;
const longestMs = 600_000;
const mostWaiting = 8;
const mostKept = 20;

/** Compares model versions in child processes of low priority, one at a time. */
export function createComparisons() {
  const closing = new AbortController();
  const mutex = createMutex();
  const kept = new Map<string, Comparison>();
  let waiting = 0;

  async function compareInTurn(task: ComparisonTask, signal: AbortSignal): Promise<Comparison> {
    if (waiting >= mostWaiting) throw createError("COMPARISON_QUEUE_FULL", { limit: mostWaiting });
    waiting += 1;
    try {
      return await mutex.run(() => compareInChild(task, AbortSignal.any([signal, closing.signal])));
    } finally {
      waiting -= 1;
    }
  }

  return {
    /** @throws COMPARISON_QUEUE_FULL, CANCELLED, MODEL_DAMAGED with the file named */
    async compare(
      a: StoredVersion,
      b: StoredVersion,
      options: Pick<ComparisonTask, "songs" | "limit">,
      signal: AbortSignal,
    ): Promise<Comparison> {
      const named = [a, b].map(({ version, manifest: { createdAt, files } }) => [version, createdAt, files]);
      const key = JSON.stringify([named, options.songs, options.limit]);
      const known = kept.get(key);
      if (known) return known;
      const comparison = await compareInTurn({ a: placeOf(a), b: placeOf(b), ...options }, signal);
      kept.set(key, comparison);
      const oldest = kept.keys().next().value;
      if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
      return comparison;
    },
    /** Cancels running and queued comparisons. */
    async close(): Promise<void> {
      closing.abort();
      await mutex.run(async () => {});
    },
  };
}

function placeOf({ version, folder }: StoredVersion): ComparisonTask["a"] {
  return { version, folder };
}

async function compareInChild(task: ComparisonTask, signal: AbortSignal): Promise<Comparison> {
  const compared: { comparison?: Comparison } = {};
  const deadline = AbortSignal.timeout(longestMs);
  try {
    await runInChild(
      { entry, task, events: comparisonSchema, onEvent: (comparison) => (compared.comparison = comparison) },
      { niceness, signal: AbortSignal.any([signal, deadline]), onStderr: (text) => process.stderr.write(text) },
    );
    if (compared.comparison) return compared.comparison;
    throw new TypeError("the comparing process exited without a comparison");
  } catch (error) {
    const isKnown = error instanceof Song2vecError && error.code !== "TRAINER_FAILED" && !deadline.aborted;
    throw isKnown ? error : createError("INTERNAL", undefined, { cause: error });
  }
}
