import { setImmediate } from "node:timers/promises";

/** Long work on a thread that has others to serve: asks at every step, and steps aside when its slice is used up. */
export interface Pace {
  /** Whether the slice is used up, and `rest` is due. */
  isOver(): boolean;
  /** Lets the event loop turn once. Throws the signal's reason when the work was aborted. */
  rest(): Promise<void>;
}

/** @param milliseconds length of a slice */
export function createPace(milliseconds = 2, signal?: AbortSignal): Pace {
  let began = performance.now();
  return {
    isOver: () => performance.now() - began >= milliseconds,
    async rest() {
      await setImmediate();
      signal?.throwIfAborted();
      began = performance.now();
    },
  };
}
