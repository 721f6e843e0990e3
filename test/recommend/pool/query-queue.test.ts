import { describe, expect, it } from "vitest";
import { createQueryQueue, type Executor } from "../../../src/recommend/pool/query-queue.ts";
import { loadedModel } from "../../model/small-models.ts";

/**
 * Creates a queue whose passes end by `finishPass`.
 *
 * @param slotCounts slots of each executor; negative for executors that accept no scans
 */
async function createTestQueue(slotCounts: readonly number[]) {
  const { slots } = await loadedModel();
  const query = new Float32Array(slots[0].query.length);
  const running: (() => void)[] = [];
  const calls: (readonly [executor: number, queries: number])[] = [];
  const executors = slotCounts.map((slotCount, executor): Executor => ({
    slots: slots.slice(0, Math.abs(slotCount)),
    accepts: (kind) => slotCount > 0 || kind === "blend",
    run: (_, queries) =>
      new Promise((resolve) => {
        calls.push([executor, queries.length]);
        running.push(() => {
          resolve(queries.map(() => 0));
        });
      }),
  }));
  const queue = createQueryQueue(executors);
  const search = () => queue.nearest("input", query, 1, []);
  const blend = () => queue.blend({ terms: [], strategy: "blend" }, 1, []);
  async function finishPass(): Promise<void> {
    running.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { search, blend, finishPass, calls };
}

describe("concurrent queries", () => {
  it("share passes, up to the number of slots", async () => {
    const { search, finishPass, calls } = await createTestQueue([4]);
    const results = Array.from({ length: 7 }, search);
    for (let pass = 0; pass < 3; pass++) await finishPass();
    await Promise.all(results);
    expect(calls).toEqual([
      [0, 1],
      [0, 4],
      [0, 2],
    ]);
  });

  it("prefer the last executor if it is free", async () => {
    const { search, finishPass, calls } = await createTestQueue([4, 1]);
    const results = [search(), search()];
    await finishPass();
    await finishPass();
    await Promise.all(results);
    expect(calls).toEqual([
      [1, 1],
      [0, 1],
    ]);
    const more = Array.from({ length: 8 }, search);
    for (let pass = 0; pass < 5; pass++) await finishPass();
    await Promise.all(more);
    expect(calls.slice(2)).toEqual([
      [1, 1],
      [0, 1],
      [1, 1],
      [0, 4],
      [1, 1],
    ]);
  });

  it("run blends one at a time, and scans are not blocked by waiting blends", async () => {
    const { search, blend, finishPass, calls } = await createTestQueue([-4, 2]);
    const results = [blend(), blend(), blend(), search(), search()];
    expect(calls).toEqual([
      [1, 1],
      [0, 1],
    ]);
    for (let pass = 0; pass < 4; pass++) await finishPass();
    await Promise.all(results);
    expect(calls.slice(2)).toEqual([
      [1, 1],
      [1, 2],
    ]);
    const [scan, another] = [search(), search()];
    await finishPass();
    await finishPass();
    await Promise.all([scan, another]);
    expect(calls.slice(4)).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });
});
