import { createPace, type Pace } from "../../model/pace.ts";

/** Runs pieces of work one at a time, each in a turn of the event loop of its own. */
export type Turns = <T>(work: () => T) => Promise<T>;

/** Turns that hold nothing up: work runs at once, and the event loop turns where a slice is used up. */
export function paced(pace: Pace = createPace()): Turns {
  return async (work) => {
    if (pace.isOver()) await pace.rest();
    return work();
  };
}

export interface TurnsOptions {
  /** Hears how many milliseconds each piece of work took. */
  readonly onTurn?: (milliseconds: number) => void;
  readonly clock?: () => number;
}

/** Milliseconds of one turn, the last piece of work in it not counted. */
const longestTurn = 10;

/**
 * A scan holds the event loop for as long as it takes; many that arrive together would hold it for the sum of them.
 * In turns, everything else gets its chance between two scans. A turn goes on for as long as everything else took
 * since the last one, so that a flood of requests, most of which are refused, does not crowd out those that are not.
 */
export function createTurns({ onTurn, clock = () => performance.now() }: TurnsOptions = {}): Turns {
  const waiting: (() => void)[] = [];
  let since = 0;

  function runSome(): void {
    const started = clock();
    const budget = Math.min(longestTurn, started - since);
    let now = started;
    do {
      const before = now;
      waiting.shift()?.();
      now = clock();
      onTurn?.(now - before);
    } while (waiting.length > 0 && now - started < budget);
    since = now;
    if (waiting.length > 0) setImmediate(runSome);
  }

  return (work) =>
    new Promise((resolve, reject) => {
      waiting.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
      if (waiting.length > 1) return;
      since = clock();
      setImmediate(runSome);
    });
}
