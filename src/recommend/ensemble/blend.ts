import {
  type CandidateFeatures,
  featureCount,
  type FeatureName,
  featureNames,
  type FeatureWeights,
} from "./features.ts";

/**
 * The weights of a blend. Its score is the weighted sum of the features: log-odds of the next song, up to a constant.
 */
export interface Blend {
  readonly weights: FeatureWeights;
}

/** Makes a blend from stored weights. Missing weights are 0; unknown features are ignored. */
export function blendFrom(weights: Readonly<Partial<Record<FeatureName, number>>>): Blend {
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
    nextSong: 0,
    similarity: 0,
    popularity: 0,
    repeated: 0,
    repeatSteps: 0,
    repeatLast: 0,
    repeatCount: 0,
    repeatRate: 0,
  };
  for (const name of featureNames) all[name] = weights[name] ?? 0;
  return { weights: all };
}

/**
 * The weights of a model without held-out plays to fit them to. They are a compromise between the weights fitted on
 * user playlists, listening sessions and radio programmes.
 */
export const defaultBlend: Blend = blendFrom({
  neighboursSquared: 0.4,
  neighboursNear: 0.3,
  neighboursAnySquared: 0.2,
  companions: 0.1,
  next: 0.1,
  context: 0.3,
  contextLatest: 0.1,
  nextSong: 0.3,
  similarity: 0.2,
  popularity: -0.15,
});

/** The same weights with defaults for songs of the query: they are listed early, the latest first. */
export function withRepeats({ weights }: Blend): Blend {
  return blendFrom({ ...weights, repeated: 1, repeatSteps: -0.3, repeatCount: 0.5, repeatRate: 0.2 });
}

export const defaultRepeatBlend: Blend = withRepeats(defaultBlend);

/** Computes the score of each candidate. @returns [n] */
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
