import { describe, expect, it } from "vitest";
import { type Aggregation, rankForGroups, sharesOf } from "../../../src/recommend/query/groups.ts";
import { atOnce } from "../../../src/recommend/pool/steps.ts";
import { inOneStep, type Ranker } from "../../../src/recommend/query/rankers.ts";

const ranker = (scores: readonly (readonly [row: number, score: number])[]): Ranker =>
  inOneStep((count) => ({
    rows: Uint32Array.from(scores.slice(0, count), ([row]) => row),
    scores: scores.slice(0, count).map(([, score]) => score),
  }));
/** Rows from the first on, with scores that fall evenly. */
const falling = (rows: readonly number[], scale = 1): Ranker =>
  ranker(rows.map((row, i) => [row, scale * (rows.length - i)]));
const order = (rankers: readonly Ranker[], aggregation: Aggregation, count = 10) => [
  ...atOnce(rankForGroups(rankers, aggregation).ranked(count)).rows,
];

describe("groups", () => {
  it("put first what all like, and what only one likes behind it", () => {
    expect(order([falling([1, 3, 4, 5, 2]), falling([2, 3, 4, 5, 1])], "mean")[0]).toBe(3);
  });

  it("are told apart by the aggregation: the mean takes what one loves, least misery what nobody minds", () => {
    const rankers = [falling([1, 5, 2, 6, 3, 4]), falling([4, 2, 3, 1, 5, 6])];
    expect(order(rankers, "mean")[0]).toBe(1);
    expect(order(rankers, "leastMisery")[0]).toBe(2);
  });

  it("have the same say, whatever the scale of their scores", () => {
    const [one, other] = [
      [1, 2, 3, 4],
      [3, 4, 1, 2],
    ];
    expect(order([falling(one), falling(other, 1000)], "mean")).toEqual(
      order([falling(one, 1000), falling(other)], "mean"),
    );
  });

  it("that are one are ranked as that one", () => {
    expect(order([falling([5, 3, 9])], "mean")).toEqual([5, 3, 9]);
    expect(order([falling([5, 3, 9])], "leastMisery")).toEqual([5, 3, 9]);
  });

  it("answer as many songs as there are, the same ones first however many are asked for", () => {
    const up = Array.from({ length: 3000 }, (_, i) => i);
    const rankers = [falling(up), falling(up.toReversed())];
    const all = order(rankers, "mean", 5000);
    expect(all.toSorted((a, b) => a - b)).toEqual(up);
    for (const count of [1, 10, 1500, 2100, 2500]) expect(order(rankers, "mean", count)).toEqual(all.slice(0, count));
    const { scores } = atOnce(rankForGroups(rankers, "mean").ranked(5000));
    expect(Array.from(scores)).toEqual(Array.from(scores).toSorted((a, b) => b - a));
  });

  it("are ranked in a step each, and once for every count", () => {
    let ranked = 0;
    const counted = Array.from({ length: 10 }, (_, group): Ranker =>
      inOneStep((count) => {
        ranked += 1;
        return {
          rows: Uint32Array.from({ length: count }, (_row, i) => i + group),
          scores: Float64Array.from({ length: count }, (_score, i) => -i),
        };
      }),
    );
    const groups = rankForGroups(counted, "mean");
    const searchesOfSteps = (count: number) => {
      const found: number[] = [];
      const steps = groups.ranked(count);
      for (let done = false; !done; ranked = 0) {
        done = steps.next().done === true;
        found.push(ranked);
      }
      return found;
    };
    expect(searchesOfSteps(20)).toEqual([...Array(10).fill(1), 0]);
    expect(searchesOfSteps(80)).toEqual([0]);
    expect(searchesOfSteps(2000)).toEqual([...Array(10).fill(1), 0]);
  });

  it("share a song by how much more one likes it than the other", () => {
    const shares = sharesOf([0, 2], [Math.log(3), 0]);
    expect(shares.map(({ group }) => group)).toEqual([0, 2]);
    expect(shares.map(({ share }) => share)).toEqual([expect.closeTo(0.75), expect.closeTo(0.25)]);
  });
});
