import { setTimeout } from "node:timers/promises";

/** Everything that comes, and undefined whenever nothing has come for so many milliseconds. */
export async function* withPauses<T>(source: AsyncIterable<T>, milliseconds: number): AsyncGenerator<T | undefined> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = iterator.next();
      while (!(await comesWithin(next, milliseconds))) yield undefined;
      const { done, value } = await next;
      if (done) return;
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}

async function comesWithin(event: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const controller = new AbortController();
  const pause = setTimeout(milliseconds, false, { signal: controller.signal }).catch(() => true);
  try {
    return await Promise.race([event.then(() => true), pause]);
  } finally {
    controller.abort();
  }
}
