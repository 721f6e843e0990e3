import { scheduler } from "node:timers/promises";

/** To be awaited now and then during long work. */
export type Yield = () => Promise<void>;

/**
 * Keeps long work from blocking the thread that serves requests: resolves at once, or once the event loop has turned
 * where the work has gone on for so long.
 *
 * @param milliseconds after which the event loop turns
 */
export function yieldEvery(milliseconds = 2): Yield {
  let started = performance.now();
  return async () => {
    while (performance.now() - started >= milliseconds) {
      const last = started;
      await scheduler.yield();
      if (started !== last) continue; // work that waited too has begun to use up this round
      started = performance.now();
      return;
    }
  };
}
