import { describe, expect, it } from "vitest";
import { type Overrides, resolveHyperparameters } from "../../../src/word2vec/hyperparameters.ts";
import { kernelVariants, type KernelVariant } from "../../../src/word2vec/kernel/kernel.ts";
import { createRanking } from "../../../src/word2vec/kernel/ranking.ts";
import { createRandom, integerBelow } from "../../../src/word2vec/random.ts";
import { type HeldOutCase, ndcg } from "../../../src/word2vec/validation.ts";
import { toPlays } from "../../helpers/plays.ts";
import { layOutTraining } from "./training.ts";

/** Float32 sums differ in their last digits, which may swap songs with nearly equal scores. */
const tolerance = 1e-3;

const vectorSize = 24;
const songs = 500;

function randomCases(count: number): HeldOutCase[] {
  const random = createRandom(3, 2, 1);
  return Array.from({ length: count }, (_, i) => {
    const rows = [...new Set(Array.from({ length: 4 + (i % 80) }, () => integerBelow(songs, random)))];
    const cut = Math.ceil(rows.length / 2);
    return { query: Uint32Array.from(rows.slice(0, cut)), truth: Uint32Array.from(rows.slice(cut)) };
  }).filter(({ truth }) => truth.length > 0);
}

/** Memory of a training with vectors in which queries are near some of their truth songs. */
function setUp(cases: readonly HeldOutCase[], overrides: Overrides = {}) {
  const hyperparameters = resolveHyperparameters("article", { vectorSize, workers: 1, ...overrides });
  const plays = toPlays([Array.from({ length: songs }, (_, row) => row)], songs);
  const { memory, layout, input, output } = layOutTraining(plays, hyperparameters, { cases: cases.length });
  const random = createRandom(1, 2, 3);
  for (const matrix of [input, output])
    for (let row = 0; row < songs; row++)
      for (let d = 0; d < vectorSize; d++) matrix[row * layout.stride + d] = (2 * random() - 1) * (1 + (row % 3));
  for (const {
    query: [row = 0],
    truth: [found = 0],
  } of cases.slice(0, 20)) {
    const vector = input.subarray(row * layout.stride, row * layout.stride + vectorSize);
    const near = vector.map((value) => value + (2 * random() - 1) * 0.1);
    (overrides.hs ? input : output).set(near, found * layout.stride);
  }
  return { memory, layout, input, output };
}

/** Reference: sorts all songs for each case. */
function rankBySorting(
  cases: readonly HeldOutCase[],
  { layout: { stride }, input, output }: ReturnType<typeof setUp>,
  hs: boolean,
): number {
  const vector = (matrix: Float32Array, row: number) => {
    const values = [...matrix.subarray(row * stride, (row + 1) * stride)];
    const length = hs ? Math.hypot(...values) : 1;
    return values.map((value) => value / length);
  };
  const figures = cases.map(({ query, truth }) => {
    const terms = [...query].map((row) => vector(input, row));
    const mean = Array.from(
      { length: stride },
      (_, d) => terms.reduce((sum, values) => sum + (values[d] ?? 0), 0) / terms.length,
    );
    const scores = Array.from({ length: songs }, (_, row) =>
      vector(hs ? input : output, row).reduce((sum, value, d) => sum + value * (mean[d] ?? 0), 0),
    );
    const ranked = scores
      .map((_, row) => row)
      .filter((row) => !query.includes(row))
      .toSorted((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
    return ndcg([...truth].map((row) => ranked.indexOf(row)));
  });
  return figures.reduce((sum, figure) => sum + figure, 0);
}

async function rank(
  variant: KernelVariant,
  cases: readonly HeldOutCase[],
  { memory, layout }: ReturnType<typeof setUp>,
): Promise<number> {
  return (await createRanking(variant, memory, layout, 0)).sumNdcg(cases);
}

describe.each(kernelVariants)("ranking with the %s kernel", (variant) => {
  it.each([
    ["by output vectors", false],
    ["by unit input vectors, where outputs are nodes of a tree", true],
  ])("agrees with sorting all songs, %s", async (_, hs) => {
    const cases = randomCases(100);
    const training = setUp(cases, { hs });
    const expected = rankBySorting(cases, training, hs);
    expect(expected).toBeGreaterThan(3);
    expect(Math.abs((await rank(variant, cases, training)) - expected)).toBeLessThan(tolerance * expected);
  });

  it("scores 0 for ties and NaN", async () => {
    const cases = randomCases(10);
    const training = setUp(cases);
    training.output.fill(0);
    expect(await rank(variant, cases, training)).toBe(0);
    training.output.fill(Number.NaN);
    expect(await rank(variant, cases, training)).toBe(0);
  });
});
