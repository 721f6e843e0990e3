/** Does one thing at a time, in the order they came; at once where nothing else is done. */
export type Lane = (work: () => Promise<void>) => Promise<void>;

export function createLane(): Lane {
  let busy = false;
  const waiting: PromiseWithResolvers<void>[] = [];
  return async (work) => {
    if (busy) {
      const turn = Promise.withResolvers<void>();
      waiting.push(turn);
      await turn.promise;
    }
    busy = true;
    try {
      await work();
    } finally {
      busy = waiting.length > 0;
      waiting.shift()?.resolve();
    }
  };
}
