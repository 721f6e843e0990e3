import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/word2vec/random.ts";
import { choiceGradient, type Example, solve } from "../../src/evaluate/choice-model.ts";
import { fitBlend } from "../../src/evaluate/fit-blend.ts";
import { defaultBlend } from "../../src/recommend/ensemble/blend.ts";
import { featureCount, type FeatureName, featureNames } from "../../src/recommend/ensemble/features.ts";

const random = createRandom(4);

/** Candidates with random features; the best by `truthScore` is the truth. */
function examplesOf(count: number, truthScore: (values: Float32Array) => number): Example[] {
  return Array.from({ length: count }, () => {
    const values = Float32Array.from({ length: 40 * featureCount }, () => random() * 2 - 1);
    const scores = Array.from({ length: 40 }, (_, i) =>
      truthScore(values.subarray(i * featureCount, (i + 1) * featureCount)),
    );
    return {
      rows: Uint32Array.from(scores.keys()),
      values,
      truth: [scores.indexOf(Math.max(...scores))],
      truthCount: 1,
    };
  });
}

describe("fitting the blend", () => {
  it("finds the features that determine the truth", () => {
    const at = (name: FeatureName) => featureNames.indexOf(name);
    const { weights } = fitBlend(
      examplesOf(300, (values) => 2 * (values[at("context")] ?? 0) - (values[at("popularity")] ?? 0)),
      defaultBlend,
    );
    const { context, popularity, ...others } = weights;
    expect(context).toBeGreaterThan(0);
    expect(context / -popularity).toBeGreaterThan(1.4);
    expect(context / -popularity).toBeLessThan(2.8);
    for (const weight of Object.values(others)) expect(Math.abs(weight)).toBeLessThan(context / 3);
  });

  it("stays near the start weights with few examples", () => {
    const examples = examplesOf(300, (values) => 2 * (values[3] ?? 0));
    const distance = ({ weights }: typeof defaultBlend) =>
      Math.hypot(...featureNames.map((name) => weights[name] - defaultBlend.weights[name]));
    expect(distance(fitBlend(examples.slice(0, 3), defaultBlend))).toBeLessThan(0.5);
    expect(distance(fitBlend(examples, defaultBlend))).toBeGreaterThan(1.5);
  });

  it("returns the start weights without examples", () => {
    expect(fitBlend([], defaultBlend)).toBe(defaultBlend);
    expect(
      fitBlend(
        examplesOf(3, () => 0).map((example) => ({ ...example, truth: [] })),
        defaultBlend,
      ),
    ).toBe(defaultBlend);
  });
});

it("gradient and Hessian of the choice model equal finite differences", () => {
  const examples = examplesOf(20, (values) => values[0] ?? 0).map((example, i) => ({
    ...example,
    truth: [...example.truth, (i + 7) % 40].filter((index, at, all) => all.indexOf(index) === at),
  }));
  const weights = Float64Array.from({ length: featureCount }, () => random() - 0.5);
  const prior = Float64Array.from({ length: featureCount }, () => random() - 0.5);
  const { gradient, hessian } = choiceGradient(examples, weights, prior);
  const step = 1e-5;
  for (let i = 0; i < featureCount; i++) {
    const moved = [step, -step].map((by) =>
      choiceGradient(
        examples,
        weights.map((weight, at) => (at === i ? weight + by : weight)),
        prior,
      ),
    );
    expect(((moved[0]?.likelihood ?? 0) - (moved[1]?.likelihood ?? 0)) / (2 * step)).toBeCloseTo(gradient[i] ?? 0, 4);
    for (let j = 0; j < featureCount; j++)
      expect(-((moved[0]?.gradient[j] ?? 0) - (moved[1]?.gradient[j] ?? 0)) / (2 * step)).toBeCloseTo(
        hessian[i * featureCount + j] ?? 0,
        4,
      );
  }
});

it("linear equations are solved", () => {
  expect(
    [...solve(Float64Array.of(4, 1, 1, 3), Float64Array.of(9, 5))].map((value) => Math.round(value * 1e9) / 1e9),
  ).toEqual([2, 1]);
});
