import { Worker } from "node:worker_threads";
import { vi } from "vitest";
import type { Search } from "../../../src/recommend/pool/search.ts";
import type { SearchMessage } from "../../../src/recommend/pool/search-threads.ts";

/**
 * Runs a function three times concurrently and records the messages to search threads. The calling thread may run one.
 */
export async function recordMessages<T>(run: () => Promise<T>) {
  const post = vi.spyOn(Worker.prototype, "postMessage");
  try {
    const results = await Promise.all([run(), run(), run()]);
    const messages = post.mock.calls.map(([message]): SearchMessage => message);
    return { results, messages, workers: new Set(post.mock.contexts) };
  } finally {
    post.mockRestore();
  }
}

/** Whether a query runs on a search thread. */
export async function usesThread(search: Search, ...query: Parameters<Search["nearest"]>): Promise<boolean> {
  return (await recordMessages(() => search.nearest(...query))).messages.length > 0;
}
