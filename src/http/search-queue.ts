import { createError } from "../errors.ts";

export interface SearchQueueOptions {
  /** Searches that run at the same time. */
  readonly concurrency: number;
  /** Searches that may wait. */
  readonly maxWaiting: number;
  /** Called with the milliseconds of each search, from its start to its result. */
  readonly onSearch?: (milliseconds: number) => void;
}

/** A bounded queue in front of the searches. */
export interface SearchQueue {
  /** @throws OVERLOADED at once when the queue is full */
  run<T>(search: () => T | Promise<T>): Promise<T>;
}

export function createSearchQueue({ concurrency, maxWaiting, onSearch }: SearchQueueOptions): SearchQueue {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function acquire(): Promise<void> {
    if (running < concurrency) {
      running++;
      return;
    }
    if (waiting.length >= maxWaiting) throw createError("OVERLOADED");
    await new Promise<void>((resolve) => waiting.push(resolve));
  }

  function release(): void {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }

  return {
    async run(search) {
      await acquire();
      const started = performance.now();
      try {
        return await search();
      } finally {
        onSearch?.(performance.now() - started);
        release();
      }
    },
  };
}
