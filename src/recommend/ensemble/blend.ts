import { channels, type Evidence, type Weights, width } from "./features.ts";

/** How much each channel counts. A score is the sum: what is left of the logarithm of a song's odds to come next. */
export interface Blend {
  readonly weights: Weights;
}

/** Without what is not said of a channel; and without channels that this program does not know. */
export function blendFrom(weights: Readonly<Record<string, number>>): Blend {
  const {
    neighbours = 0,
    neighboursSquared = 0,
    neighboursNear = 0,
    neighboursAny = 0,
    neighboursAnySquared = 0,
    companions = 0,
    next = 0,
    context = 0,
    contextLatest = 0,
    similarity = 0,
    popularity = 0,
  } = weights;
  return {
    weights: {
      neighbours,
      neighboursSquared,
      neighboursNear,
      neighboursAny,
      neighboursAnySquared,
      companions,
      next,
      context,
      contextLatest,
      similarity,
      popularity,
    },
  };
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

/** @returns a score for each candidate [n] */
export function blendScores({ rows, values }: Evidence, { weights }: Blend): Float64Array {
  const scores = new Float64Array(rows.length);
  const factors = Float64Array.from(channels, (channel) => weights[channel]);
  for (let i = 0; i < scores.length; i++) {
    let score = 0;
    for (let channel = 0; channel < width; channel++)
      score += (factors[channel] as number) * (values[i * width + channel] as number);
    scores[i] = score;
  }
  return scores;
}
