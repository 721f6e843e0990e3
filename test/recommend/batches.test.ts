import { describe, expect, it } from "vitest";
import { createBatches, type Executor } from "../../src/recommend/batches.ts";
import { publishedModel } from "../model/small-models.ts";

/** A pass takes ten milliseconds of a clock that nothing else moves on, and one of blends as much for each, and ends when it is told to. @param rooms of each executor; of a negative one, which takes no scans, its amount */
async function passes(rooms: readonly number[], longestWait = 25) {
  const { versions } = await publishedModel();
  const { slots } = await versions.load(1);
  const query = new Float32Array(slots[0].query.length);
  const running: (() => void)[] = [];
  const asked: (readonly [executor: number, questions: number])[] = [];
  let now = 0;
  const executors = rooms.map((room, executor): Executor => ({
    slots: slots.slice(0, Math.abs(room)),
    takes: (task) => room > 0 || task === "blend",
    run: (task, questions) =>
      new Promise((resolve) => {
        asked.push([executor, questions.length]);
        running.push(() => {
          now += task === "blend" ? 10 * questions.length : 10;
          resolve(questions.map(() => 0));
        });
      }),
  }));
  const batches = createBatches(executors, { longestWait, clock: () => now });
  const ask = () => batches.nearest("input", query, 1, []);
  const blend = () => batches.blend({ terms: [], strategy: "blend" }, 1, []);
  async function end(): Promise<void> {
    running.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { ask, blend, end, asked, idle: batches.idle };
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

  it("count by what they take: many blends that wait have the next one refused", async () => {
    const { blend, end } = await passes([4, 4]);
    for (let pass = 0; pass < 20; pass++) {
      const answer = blend();
      await end();
      await answer;
    }
    const settled = Promise.allSettled(Array.from({ length: 30 }, blend));
    for (let pass = 0; pass < 12; pass++) await end();
    expect((await settled).filter(({ status }) => status === "fulfilled")).toHaveLength(8);
  });

  it("are refused where they would wait too long, and taken again once the others are answered", async () => {
    const { ask, end, idle } = await passes([4]);
    for (let pass = 0; pass < 20; pass++) {
      const answer = ask();
      await end();
      await answer;
    }
    const asked = Array.from({ length: 30 }, ask);
    const settled = Promise.allSettled(asked);
    for (let pass = 0; pass < 4; pass++) await end();
    const results = await settled;
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(13);
    expect(results.find((result) => result.status === "rejected")?.reason).toMatchObject({
      code: "OVERLOADED",
      status: 503,
    });
    await idle();
    const again = ask();
    await end();
    expect((await again).rows).toHaveLength(0);
  });

  it("are not refused for how long passes of many blends took: that is what each of them takes", async () => {
    const { blend, end } = await passes([4], 500);
    for (let round = 0; round < 3; round++) {
      const settled = Promise.allSettled(Array.from({ length: 40 }, blend));
      for (let pass = 0; pass < 40; pass++) await end();
      expect(new Set((await settled).map(({ status }) => status))).toEqual(new Set(["fulfilled"]));
    }
  });
});
