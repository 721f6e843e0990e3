/** Runs tasks one at a time, in the order in which they were submitted; immediately if none is running. */
export interface Mutex {
  run<T>(task: () => Promise<T>): Promise<T>;
}

export function createMutex(): Mutex {
  let last: Promise<unknown> | undefined;
  return {
    run(task) {
      const result = last ? last.then(task) : task();
      const ended = result
        .catch(() => {})
        .then(() => {
          if (last === ended) last = undefined;
        });
      last = ended;
      return result;
    },
  };
}
