import { scheduler } from "node:timers/promises";

/** Yields to the event loop if the last yield is too long ago; to be awaited regularly in long computations. */
export type Yield = () => Promise<void>;

/**
 * Keeps a long computation from blocking the thread that serves requests.
 *
 * @param milliseconds between two yields
 */
export function yieldEvery(milliseconds = 2): Yield {
  let started = performance.now();
  return async () => {
    while (performance.now() - started >= milliseconds) {
      const last = started;
      await scheduler.yield();
      if (started !== last) continue; // another caller has resumed first and started a new interval
      started = performance.now();
      return;
    }
  };
}
