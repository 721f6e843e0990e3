import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { createBatches } from "../../../src/recommend/pool/batches.ts";
import { similarityQuery } from "../../../src/recommend/vectors/mean.ts";
import { createRankTasks } from "../../../src/recommend/pool/rank-tasks.ts";
import { createRanking } from "../../../src/recommend/vectors/ranking.ts";
import { compileScan } from "../../../src/recommend/vectors/scan.ts";
import { startThreads } from "../../../src/recommend/pool/search-threads.ts";
import { createRandom } from "../../../src/word2vec/random.ts";
import { publishedModel } from "../../model/small-models.ts";

const songs = 20_000;

async function oneThread() {
  const random = createRandom(1, 2, 3);
  const { versions } = await publishedModel({
    songs: Array.from({ length: songs }, (_, row) => ({ id: `${row}`, count: 1 })),
    input: Array.from({ length: songs }, () => Array.from({ length: 16 }, () => random() / 2 ** 31 - 1)),
  });
  const model = await versions.load(1);
  const scanModule = await compileScan("relaxed");
  const ranking = createRanking(model, scanModule.bind(model.memory));
  const passes: [task: string, milliseconds: number][] = [];
  const threads = startThreads(model, {
    kernel: scanModule.kernel,
    count: 1,
    takes: () => true,
    tasks: createRankTasks(ranking, undefined),
    onPass: (task, milliseconds) => passes.push([task, milliseconds]),
  });
  onTestFinished(() => threads.close());
  const [thread] = threads.executors;
  if (!thread) throw new RangeError("no thread");
  const batches = createBatches([thread]);
  const ask = (row: number) => batches.nearest("input", similarityQuery(model, [{ row, weight: 1 }]), 5, []);
  const expectAnswered = async (answers: readonly Promise<{ rows: Uint32Array }>[], first: number) => {
    for (const [i, { rows }] of (await Promise.all(answers)).entries()) {
      expect(rows).toHaveLength(5);
      expect(rows[0]).toBe(first + i);
    }
  };
  return { thread, ready: threads.ready, ask, expectAnswered, passes };
}

describe("a search thread", () => {
  it("is ready once it has said so; what is asked then is answered by it, and counted", async () => {
    const { thread, ready, ask, expectAnswered, passes } = await oneThread();
    const told: unknown[] = [];
    thread.worker().on("message", (found) => told.push(found));
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
    const { thread, ready, ask, expectAnswered } = await oneThread();
    await Promise.all([ready(), thread.worker().terminate()]);
    await expectAnswered([ask(4)], 4);
  });
});

describe("a search thread that dies", () => {
  it("leaves no question without its answer, and another one takes its place", async () => {
    const { thread, ask, expectAnswered } = await oneThread();
    await ask(0);
    const died = thread.worker();
    const answers = Array.from({ length: 40 }, (_, row) => ask(row));
    await died.terminate();
    await expectAnswered(answers, 0);
    await expectAnswered([ask(77)], 77);
    expect(thread.worker()).not.toBe(died);
    expect(thread.worker().threadId).toBeGreaterThan(0);
  });

  it("before it answered anything is not replaced: questions are answered all the same", async () => {
    const { thread, ask, expectAnswered } = await oneThread();
    const died = thread.worker();
    const answers = [ask(5)];
    await Promise.all([died.terminate(), once(died, "exit")]);
    await expectAnswered(answers, 5);
    await expectAnswered([ask(6), ask(7)], 6);
    expect(thread.worker()).toBe(died);
  });
});
