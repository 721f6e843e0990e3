import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type Aggregation, rankForGroups, sharesOf } from "../../../src/recommend/query/groups.ts";
import type { LazyRanking } from "../../../src/recommend/query/rankings.ts";

/** Consecutive rows with evenly falling scores. */
const falling =
  (rows: readonly number[], scale = 1): LazyRanking =>
  async (count) => ({
    rows: Uint32Array.from(rows.slice(0, count)),
    scores: rows.slice(0, count).map((_, i) => scale * (rows.length - i)),
  });
const order = async (rankings: readonly LazyRanking[], aggregation: Aggregation, count = 10) => [
  ...(await rankForGroups(rankings, aggregation).rank(count)).rows,
];

describe("groups", () => {
  it("get songs first that all of them like", async () => {
    expect((await order([falling([1, 3, 4, 5, 2]), falling([2, 3, 4, 5, 1])], "mean"))[0]).toBe(3);
  });

  it("are aggregated: mean favours a favourite of one group, least misery what all accept", async () => {
    const rankings = [falling([1, 5, 2, 6, 3, 4]), falling([4, 2, 3, 1, 5, 6])];
    expect((await order(rankings, "mean"))[0]).toBe(1);
    expect((await order(rankings, "leastMisery"))[0]).toBe(2);
  });

  it("have the same influence for any scale of scores", async () => {
    const [one, other] = [
      [1, 2, 3, 4],
      [3, 4, 1, 2],
    ];
    expect(await order([falling(one), falling(other, 1000)], "mean")).toEqual(
      await order([falling(one, 1000), falling(other)], "mean"),
    );
  });

  it("are ranked like one playlist if there is only one", async () => {
    expect(await order([falling([5, 3, 9])], "mean")).toEqual([5, 3, 9]);
    expect(await order([falling([5, 3, 9])], "leastMisery")).toEqual([5, 3, 9]);
  });

  it("return up to all songs; a larger count starts with the same songs", async () => {
    const up = Array.from({ length: 3000 }, (_, i) => i);
    const rankings = [falling(up), falling(up.toReversed())];
    const all = await order(rankings, "mean", 5000);
    expect(all.toSorted((a, b) => a - b)).toEqual(up);
    for (const count of [1, 10, 1500, 2100, 2500])
      expect(await order(rankings, "mean", count)).toEqual(all.slice(0, count));
    const { scores } = await rankForGroups(rankings, "mean").rank(5000);
    expect(Array.from(scores)).toEqual(Array.from(scores).toSorted((a, b) => b - a));
  });

  it("are ranked sequentially, once for every count", async () => {
    let [ranked, running] = [0, 0];
    const counted = Array.from({ length: 10 }, (_, group): LazyRanking => async (count) => {
      expect(running++).toBe(0);
      await setImmediate();
      running--;
      ranked++;
      return falling(Array.from({ length: count }, (_row, i) => i + group))(count);
    });
    const { rank } = rankForGroups(counted, "mean");
    const rankings: number[] = [];
    for (const count of [20, 80, 2000]) {
      await rank(count);
      rankings.push(ranked);
    }
    expect(rankings).toEqual([10, 10, 20]);
  });

  it("get shares of a song by its rank for each group", () => {
    const shares = sharesOf([0, 2], [Math.log(3), 0]);
    expect(shares.map(({ group }) => group)).toEqual([0, 2]);
    expect(shares.map(({ share }) => share)).toEqual([expect.closeTo(0.75), expect.closeTo(0.25)]);
  });
});
