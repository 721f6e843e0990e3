import { describe, expect, it } from "vitest";
import { createQueryQueue, type Executor } from "../../../src/recommend/pool/query-queue.ts";
import { loadedModel } from "../../model/small-models.ts";

/**
 * A pass ends when it is told to.
 *
 * @param rooms of each executor; of a negative one, which takes no scans, its amount
 */
async function passes(rooms: readonly number[]) {
  const { slots } = await loadedModel();
  const query = new Float32Array(slots[0].query.length);
  const running: (() => void)[] = [];
  const asked: (readonly [executor: number, queries: number])[] = [];
  const executors = rooms.map((room, executor): Executor => ({
    slots: slots.slice(0, Math.abs(room)),
    accepts: (kind) => room > 0 || kind === "blend",
    run: (_, queries) =>
      new Promise((resolve) => {
        asked.push([executor, queries.length]);
        running.push(() => {
          resolve(queries.map(() => 0));
        });
      }),
  }));
  const queue = createQueryQueue(executors);
  const ask = () => queue.nearest("input", query, 1, []);
  const blend = () => queue.blend({ terms: [], strategy: "blend" }, 1, []);
  async function end(): Promise<void> {
    running.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { ask, blend, end, asked };
}

describe("questions that come together", () => {
  it("share passes, up to as many as there are slots", async () => {
    const { ask, end, asked } = await passes([4]);
    const answers = Array.from({ length: 7 }, ask);
    for (let pass = 0; pass < 3; pass++) await end();
    await Promise.all(answers);
    expect(asked).toEqual([
      [0, 1],
      [0, 4],
      [0, 2],
    ]);
  });

  it("go to the last who answers where that one is free, and to the others meanwhile", async () => {
    const { ask, end, asked } = await passes([4, 1]);
    const answers = [ask(), ask()];
    await end();
    await end();
    await Promise.all(answers);
    expect(asked).toEqual([
      [1, 1],
      [0, 1],
    ]);
    const more = Array.from({ length: 8 }, ask);
    for (let pass = 0; pass < 5; pass++) await end();
    await Promise.all(more);
    expect(asked.slice(2)).toEqual([
      [1, 1],
      [0, 1],
      [1, 1],
      [0, 4],
      [1, 1],
    ]);
  });

  it("are blended one at a time by each, and do not hold up scans that wait behind them", async () => {
    const { ask, blend, end, asked } = await passes([-4, 2]);
    const answers = [blend(), blend(), blend(), ask(), ask()];
    expect(asked).toEqual([
      [1, 1],
      [0, 1],
    ]);
    for (let pass = 0; pass < 4; pass++) await end();
    await Promise.all(answers);
    expect(asked.slice(2)).toEqual([
      [1, 1],
      [1, 2],
    ]);
    const [scan, another] = [ask(), ask()];
    await end();
    await end();
    await Promise.all([scan, another]);
    expect(asked.slice(4)).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });
});
