import { expect, it } from "vitest";
import { evaluate } from "../../src/evaluate/evaluation.ts";
import { plotEvaluation } from "../../src/evaluate/plot.ts";

const cases = [
  { query: Uint32Array.of(0), truth: Uint32Array.of(3), truthCount: 1 },
  { query: Uint32Array.of(1), truth: Uint32Array.of(2, 4), truthCount: 4 },
];
const ranked =
  (...rows: number[]) =>
  () =>
    Uint32Array.from(rows);
const evaluation = await evaluate(
  cases,
  { counts: Uint32Array.of(9, 8, 7, 6, 5) },
  { "good & <better>": ranked(3, 2, 4), popularity: ranked(2, 3, 4) },
);

it("an evaluation has hit rate and NDCG of the top k", () => {
  const [good] = evaluation.methods;
  const at = (k: number) => good?.curve.find((point) => point.k === k);
  expect(at(1)).toEqual({ k: 1, hitRate: 0.5, ndcg: 0.5 });
  expect(at(2)).toMatchObject({ hitRate: 1 });
  expect(at(10)).toEqual({ k: 10, hitRate: good?.hitRate10, ndcg: good?.ndcg10 });
  expect(at(100)).toEqual({ k: 100, hitRate: good?.hitRate100, ndcg: good?.ndcg100 });
});

it("the plot has a curve of each method in both panels, a legend and axis titles", () => {
  const svg = plotEvaluation(evaluation, "Version 3");
  expect(svg.match(/<polyline points="[\d., ]+" /g)).toHaveLength(4);
  for (const text of [
    "Version 3, 2 playlists",
    "good &amp; &lt;better>",
    "popularity",
    "Hit rate",
    "NDCG",
    "k: songs recommended",
  ])
    expect(svg).toContain(text);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});
