import type { Blend } from "../recommend/ensemble/blend.ts";
import { featureCount, featureNames } from "../recommend/ensemble/features.ts";
import { choiceGradient, type Example, solve } from "./choice-model.ts";

/** Prevents weights of opposite sign for correlated features. */
const penalty = 0.03;
const maxNewtonSteps = 12;
const steps = [0.4, 0.2, 0.1, 0.05];
/** NDCG@10 */
const ndcgGains = Float64Array.from({ length: 10 }, (_, index) => 1 / Math.log2(index + 2));
/** The mean of P@20 and MRR@20, for one next song */
const nextSongGains = Float64Array.from({ length: 20 }, (_, index) => (1 + 1 / (index + 1)) / 2);

/**
 * Fits the weights of a blend to held-out plays. A conditional logit model (McFadden 1974), which is convex, gives the
 * first weights. Coordinate ascent (Metzler and Croft 2007) then maximises NDCG@10, both from these weights and from
 * `start`. The better result is returned.
 */
export function fitBlend(examples: readonly Example[], start: Blend): Blend {
  return fit(examples, start, ndcgGains);
}

/** The same for one next song per example: coordinate ascent maximises the mean of P@20 and MRR@20. */
export function fitNextSongs(examples: readonly Example[], start: Blend): Blend {
  return fit(examples, start, nextSongGains);
}

function fit(examples: readonly Example[], start: Blend, gains: Float64Array): Blend {
  const useful = examples.filter(({ truth }) => truth.length > 0);
  if (useful.length === 0) return start;
  const startWeights = Float64Array.from(featureNames, (feature) => start.weights[feature]);
  const fits = [fitChoices(useful), startWeights].map((weights) => ascend(useful, weights, gains));
  return toBlend(fits.reduce((one, other) => (other.gain > one.gain ? other : one)).weights);
}

function toBlend(weights: Float64Array): Blend {
  const rounded = featureNames.map((feature, i) => [feature, Math.round((weights[i] as number) * 1e4) / 1e4]);
  return { weights: Object.fromEntries(rounded) as Blend["weights"] };
}

/** Newton's method with a line search. */
function fitChoices(examples: readonly Example[]): Float64Array {
  let weights = new Float64Array(featureCount);
  let current = choiceGradient(examples, weights, penalty);
  for (let step = 0; step < maxNewtonSteps; step++) {
    const direction = solve(current.hessian, current.gradient);
    let length = 1;
    for (; length > 1e-3; length /= 2) {
      const candidate = weights.map((weight, i) => weight + length * (direction[i] as number));
      const next = choiceGradient(examples, candidate, penalty);
      if (!(next.likelihood > current.likelihood)) continue;
      weights = candidate;
      current = next;
      break;
    }
    if (length <= 1e-3 || Math.max(...direction.map(Math.abs)) * length < 1e-3) break;
  }
  return weights;
}

function ascend(
  examples: readonly Example[],
  start: Float64Array,
  gains: Float64Array,
): { weights: Float64Array; gain: number } {
  const weights = start.slice();
  const scores = examples.map(({ rows, values }) => {
    const sums = new Float64Array(rows.length);
    for (let i = 0; i < sums.length; i++)
      for (let feature = 0; feature < featureCount; feature++)
        sums[i] = (sums[i] as number) + (weights[feature] as number) * (values[i * featureCount + feature] as number);
    return sums;
  });
  let gain = meanGain(examples, scores, gains, 0, 0);
  for (const step of steps)
    for (let feature = 0; feature < featureCount; feature++)
      for (const change of [step, -step]) {
        const candidate = meanGain(examples, scores, gains, feature, change);
        if (candidate <= gain + 1e-5) continue;
        gain = candidate;
        weights[feature] = (weights[feature] as number) + change;
        examples.forEach(({ values }, e) => {
          const sums = scores[e] as Float64Array;
          for (let i = 0; i < sums.length; i++)
            sums[i] = (sums[i] as number) + change * (values[i * featureCount + feature] as number);
        });
        break;
      }
  return { weights, gain };
}

/** Computes the mean gain of the truth songs, relative to the ideal one, with one weight changed. */
function meanGain(
  examples: readonly Example[],
  scores: readonly Float64Array[],
  gains: Float64Array,
  feature: number,
  change: number,
): number {
  let sum = 0;
  examples.forEach(({ values, truth, truthCount }, e) => {
    const sums = scores[e] as Float64Array;
    const scoreOf = (i: number) => (sums[i] as number) + change * (values[i * featureCount + feature] as number);
    const truthScores = truth.map(scoreOf);
    const above = new Uint32Array(truth.length);
    for (let i = 0; i < sums.length; i++) {
      const score = scoreOf(i);
      for (let t = 0; t < truthScores.length; t++)
        if (score > (truthScores[t] as number)) above[t] = (above[t] as number) + 1;
    }
    let ideal = 0;
    for (let index = 0; index < Math.min(gains.length, truthCount); index++) ideal += gains[index] as number;
    for (const index of above) sum += (gains[index] ?? 0) / ideal;
  });
  return sum / examples.length;
}
