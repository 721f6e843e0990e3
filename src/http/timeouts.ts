import { setTimeout } from "node:timers/promises";

/**
 * Yields the values of a source, and undefined whenever no value has arrived for some time.
 *
 * @param milliseconds from the previous value or undefined
 */
export async function* withTimeouts<T>(source: AsyncIterable<T>, milliseconds: number): AsyncGenerator<T | undefined> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = iterator.next();
      while (!(await settlesWithin(next, milliseconds))) yield undefined;
      const { done, value } = await next;
      if (done) return;
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}

async function settlesWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const controller = new AbortController();
  const timeout = setTimeout(milliseconds, false, { signal: controller.signal }).catch(() => true);
  try {
    return await Promise.race([promise.then(() => true), timeout]);
  } finally {
    controller.abort();
  }
}
