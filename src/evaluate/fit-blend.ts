import { type Blend, blendFrom } from "../recommend/ensemble/blend.ts";
import { featureNames } from "../recommend/ensemble/features.ts";
import { choiceGradient, type Example, solve } from "./choice-model.ts";

const maxNewtonSteps = 12;

/**
 * Fits the weights of a blend to held-out plays, by the likelihood of a conditional logit model (McFadden 1974). The
 * likelihood is convex; Newton's method with a line search finds its maximum.
 *
 * @param prior weights that the fit starts from, and that hold as long as the examples say little
 */
export function fitBlend(examples: readonly Example[], prior: Blend): Blend {
  const useful = examples.filter(({ truth }) => truth.length > 0);
  if (useful.length === 0) return prior;
  const start = Float64Array.from(featureNames, (feature) => prior.weights[feature]);
  let weights = start;
  let current = choiceGradient(useful, weights, start);
  for (let step = 0; step < maxNewtonSteps; step++) {
    const direction = solve(current.hessian, current.gradient);
    let length = 1;
    for (; length > 1e-3; length /= 2) {
      const candidate = weights.map((weight, i) => weight + length * (direction[i] as number));
      const next = choiceGradient(useful, candidate, start);
      if (!(next.likelihood > current.likelihood)) continue;
      weights = candidate;
      current = next;
      break;
    }
    if (length <= 1e-3 || Math.max(...direction.map(Math.abs)) * length < 1e-3) break;
  }
  return toBlend(weights);
}

/** Rounds the weights to four decimals. @param weights [featureCount] */
function toBlend(weights: Float64Array): Blend {
  return blendFrom(
    Object.fromEntries(featureNames.map((name, i) => [name, Math.round((weights[i] as number) * 1e4) / 1e4])),
  );
}
