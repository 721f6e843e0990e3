import { setImmediate } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { describe, expect, it, onTestFinished } from "vitest";
import { similarityQuery } from "../../../src/recommend/vectors/mean.ts";
import { createQueryQueue } from "../../../src/recommend/pool/query-queue.ts";
import { createRunSearches } from "../../../src/recommend/pool/run-searches.ts";
import { createVectorRanker } from "../../../src/recommend/vectors/vector-ranker.ts";
import { compileScan } from "../../../src/recommend/vectors/scan.ts";
import { startThreads } from "../../../src/recommend/pool/search-threads.ts";
import { createRandom } from "../../../src/word2vec/random.ts";
import { loadedModel } from "../../model/small-models.ts";

const songs = 20_000;

async function oneThread() {
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
  const ask = (row: number) => queue.nearest("input", similarityQuery(model, [{ row, weight: 1 }]), 5, []);
  const expectAnswered = async (answers: readonly Promise<{ rows: Uint32Array }>[], first: number) => {
    for (const [i, { rows }] of (await Promise.all(answers)).entries()) {
      expect(rows).toHaveLength(5);
      expect(rows[0]).toBe(first + i);
    }
  };
  return { workers, worker: workers[0] ?? expect.unreachable(), ready: threads.ready, ask, expectAnswered, passes };
}

describe("a search thread", () => {
  it("is ready once it has said so; what is asked then is answered by it, and counted", async () => {
    const { worker, ready, ask, expectAnswered, passes } = await oneThread();
    const told: unknown[] = [];
    worker.on("message", (found) => told.push(found));
    await ready();
    expect(told).toEqual([{ blendMilliseconds: 0 }]);
    await expectAnswered([ask(3)], 3);
    expect(told).toEqual([{ blendMilliseconds: 0 }, { found: [5], milliseconds: expect.any(Number) }]);
    expect(passes).toEqual([["input", expect.any(Number)]]);
    await expectAnswered([ask(5), ask(6), ask(7)], 5);
    expect(passes.length).toBeLessThanOrEqual(3);
    for (const [, milliseconds] of passes) expect(milliseconds).toBeGreaterThan(0);
  });

  it("that dies before is ready as well, and questions are answered all the same", async () => {
    const { worker, ready, ask, expectAnswered } = await oneThread();
    await Promise.all([ready(), worker.terminate()]);
    await expectAnswered([ask(4)], 4);
  });
});

describe("a search thread that dies", () => {
  it("leaves no question without its answer, and another one takes its place", async () => {
    const { workers, worker, ask, expectAnswered } = await oneThread();
    await ask(0);
    const answers = Array.from({ length: 40 }, (_, row) => ask(row));
    await worker.terminate();
    await expectAnswered(answers, 0);
    await expectAnswered([ask(77)], 77);
    expect(workers).toHaveLength(2);
    expect(workers[1]?.threadId).toBeGreaterThan(0);
  });

  it("before it answered anything is not replaced: questions are answered all the same", async () => {
    const { workers, worker, ask, expectAnswered } = await oneThread();
    const answers = [ask(5)];
    await worker.terminate();
    await expectAnswered(answers, 5);
    await expectAnswered([ask(6), ask(7)], 6);
    expect(workers).toEqual([worker]);
  });
});
