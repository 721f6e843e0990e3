/** Runs pieces of work one at a time, each in a turn of the event loop of its own. */
export type Turns = <T>(work: () => T) => Promise<T>;

/**
 * A scan holds the event loop for as long as it takes; many that arrive together would hold it for the sum of them.
 * In turns, everything else gets its chance between two scans.
 */
export function createTurns(): Turns {
  const waiting: (() => void)[] = [];
  const runOne = () => {
    waiting.shift()?.();
    if (waiting.length > 0) setImmediate(runOne);
  };
  return (work) =>
    new Promise((resolve, reject) => {
      waiting.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
      if (waiting.length === 1) setImmediate(runOne);
    });
}
