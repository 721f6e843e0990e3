import {
  type CandidateFeatures,
  featureCount,
  type FeatureName,
  featureNames,
  type FeatureWeights,
} from "./features.ts";

/** How much each feature counts. A score is their weighted sum: the song's log-odds of coming next, up to a constant. */
export interface Blend {
  readonly weights: FeatureWeights;
}

/** Features without a weight count nothing, and weights of unknown features are ignored. */
export function blendFrom(weights: Readonly<Record<string, number>>): Blend {
  const all: Record<FeatureName, number> = {
    neighbours: 0,
    neighboursSquared: 0,
    neighboursNear: 0,
    neighboursAny: 0,
    neighboursAnySquared: 0,
    companions: 0,
    next: 0,
    context: 0,
    contextLatest: 0,
    similarity: 0,
    popularity: 0,
  };
  for (const name of featureNames) all[name] = weights[name] ?? 0;
  return { weights: all };
}

/**
 * For a model with nothing held out to fit weights to: between what was fitted to playlists of users, sessions of
 * listening and programmes of stations.
 */
export const defaultBlend: Blend = blendFrom({
  neighboursSquared: 0.4,
  neighboursNear: 0.3,
  neighboursAnySquared: 0.2,
  companions: 0.1,
  next: 0.1,
  context: 0.3,
  contextLatest: 0.1,
  similarity: 0.2,
  popularity: -0.15,
});

/** @returns the score of each candidate [n] */
export function weightedSums({ rows, values }: CandidateFeatures, { weights }: Blend): Float64Array {
  const scores = new Float64Array(rows.length);
  const factors = Float64Array.from(featureNames, (name) => weights[name]);
  for (let i = 0; i < scores.length; i++) {
    let score = 0;
    for (let feature = 0; feature < featureCount; feature++)
      score += (factors[feature] as number) * (values[i * featureCount + feature] as number);
    scores[i] = score;
  }
  return scores;
}
