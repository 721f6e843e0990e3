import { setImmediate } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { similarityQuery } from "../../../src/recommend/vectors/mean.ts";
import { createQueryQueue } from "../../../src/recommend/pool/query-queue.ts";
import { createRunSearches } from "../../../src/recommend/pool/run-searches.ts";
import { createVectorRanker } from "../../../src/recommend/vectors/vector-ranker.ts";
import { compileScan } from "../../../src/recommend/vectors/scan.ts";
import { startThreads } from "../../../src/recommend/pool/search-threads.ts";
import { createRandom } from "../../../src/word2vec/random.ts";
import { loadedModel } from "../../model/small-models.ts";

const songs = 20_000;

async function startOneThread() {
  const random = createRandom(1, 2, 3);
  const model = await loadedModel({
    songs: Array.from({ length: songs }, (_, row) => ({ id: `${row}`, count: 1 })),
    input: Array.from({ length: songs }, () => Array.from({ length: 16 }, () => 2 * random() - 1)),
  });
  const scanModule = await compileScan("relaxed");
  const ranking = createVectorRanker(model, scanModule.bind(model.memory));
  const passes: [kind: string, milliseconds: number][] = [];
  const workers: Worker[] = [];
  const watch = (worker: Worker) => workers.push(worker);
  process.on("worker", watch);
  const threads = startThreads(model, {
    kernel: scanModule.kernel,
    count: 1,
    accepts: () => true,
    runOnCallingThread: createRunSearches(ranking, undefined),
    onPass: (kind, milliseconds) => passes.push([kind, milliseconds]),
  });
  onTestFinished(async () => {
    process.off("worker", watch);
    await threads.close();
  });
  await setImmediate();
  const queue = createQueryQueue(threads.executors);
  const search = (row: number) => queue.nearest("input", similarityQuery(model, [{ row, weight: 1 }]), 5, []);
  const expectResults = async (results: readonly Promise<{ rows: Uint32Array }>[], first: number) => {
    for (const [i, { rows }] of (await Promise.all(results)).entries()) {
      expect(rows).toHaveLength(5);
      expect(rows[0]).toBe(first + i);
    }
  };
  return {
    model,
    workers,
    worker: workers[0] ?? expect.unreachable(),
    ready: threads.ready,
    search,
    expectResults,
    passes,
  };
}

describe("a search thread", () => {
  it("sends a ready message, then runs queries and reports their cost", async () => {
    const { worker, ready, search, expectResults, passes } = await startOneThread();
    const messages: unknown[] = [];
    worker.on("message", (found) => messages.push(found));
    await ready();
    expect(messages).toEqual([{ blendMilliseconds: 0 }]);
    await expectResults([search(3)], 3);
    expect(messages).toEqual([{ blendMilliseconds: 0 }, { found: [5], milliseconds: expect.any(Number) }]);
    expect(passes).toEqual([["input", expect.any(Number)]]);
    await expectResults([search(5), search(6), search(7)], 5);
    expect(passes.length).toBeLessThanOrEqual(3);
    for (const [, milliseconds] of passes) expect(milliseconds).toBeGreaterThan(0);
  });

  it("that dies before it is ready does not block: queries run on the calling thread", async () => {
    const { worker, ready, search, expectResults } = await startOneThread();
    await Promise.all([ready(), worker.terminate()]);
    await expectResults([search(4)], 4);
  });
});

describe("a search thread that dies", () => {
  it("loses no query, and is restarted", async () => {
    const { workers, worker, search, expectResults } = await startOneThread();
    await search(0);
    const results = Array.from({ length: 40 }, (_, row) => search(row));
    await worker.terminate();
    await expectResults(results, 0);
    await expectResults([search(77)], 77);
    expect(workers).toHaveLength(2);
    expect(workers[1]?.threadId).toBeGreaterThan(0);
  });

  it("leaves no excluded songs to its successor, even if it died in the middle of a search", async () => {
    const { model, workers, worker, ready, search, expectResults } = await startOneThread();
    await ready();
    await expectResults([search(2)], 2);
    const own = model.slots.at(-1) ?? expect.unreachable();
    own.excluded.fill(0xff);
    own.visited.fill(0xff);
    await worker.terminate();
    await expectResults([search(3)], 3); // restarts it
    expect(workers).toHaveLength(2);
    await vi.waitFor(() => expect([...own.excluded, ...own.visited].every((bits) => bits === 0)).toBe(true));
  });

  it("before its first result is not restarted: queries run on the calling thread", async () => {
    const { workers, worker, search, expectResults } = await startOneThread();
    const results = [search(5)];
    await worker.terminate();
    await expectResults(results, 5);
    await expectResults([search(6), search(7)], 6);
    expect(workers).toEqual([worker]);
  });
});
