import { createRandom, pick } from "../../word2vec/random.ts";
import type { Hyperparameters, Overrides } from "../../word2vec/hyperparameters.ts";

/**
 * Hyperparameters that matter for recommendations, with the ranges found by Caselles-Dupré et al. (2018) and
 * Chamberlain et al. (2020).
 */
const choices = {
  window: [2, 3, 5, 10, 20],
  epochs: [5, 10, 20, 40, 80],
  sample: [0, 1e-3, 1e-4, 1e-5],
  alpha: [0.0125, 0.025, 0.05, 0.1],
  hs: [true, false],
  nsExponent: [-0.5, 0, 0.5, 0.75, 1],
  negative: [5, 10, 20],
} as const;

/** At most 1: a larger vector size would take more memory than the request allows for. */
const vectorSizeFactors = [1, 1 / 2, 1 / 4];
/** Probability that a hyperparameter keeps its base value: the base is a good point to search around. */
const keepProbability = 0.5;
/** After this many consecutive duplicates the search space counts as exhausted. */
const maxRepeats = 200;

/**
 * Candidates for a tuning, as overrides of the base: first none, then random ones without duplicates.
 * The same seed gives the same candidates.
 */
export function* drawCandidates(base: Hyperparameters, seed: number): Generator<Overrides> {
  const random = createRandom(seed);
  const seen = new Set<string>();
  for (let repeats = 0; repeats < maxRepeats;) {
    const overrides = seen.size === 0 ? {} : draw(base, random);
    const key = JSON.stringify(overrides);
    repeats = seen.has(key) ? repeats + 1 : 0;
    if (repeats > 0) continue;
    seen.add(key);
    yield overrides;
  }
}

function draw(base: Hyperparameters, random: () => number): Overrides {
  const keepOrPick = <T>(value: T, values: readonly T[]) => (random() < keepProbability ? value : pick(values, random));
  const drawn = {
    window: keepOrPick(base.window, choices.window),
    epochs: keepOrPick(base.epochs, choices.epochs),
    sample: keepOrPick(base.sample, choices.sample),
    alpha: keepOrPick(base.alpha, choices.alpha),
    vectorSize: keepOrPick(
      base.vectorSize,
      vectorSizeFactors.map((part) => Math.max(1, Math.round(base.vectorSize * part))),
    ),
    hs: keepOrPick(base.hs, choices.hs),
    nsExponent: keepOrPick(base.nsExponent, choices.nsExponent),
    negative: keepOrPick(base.negative, choices.negative),
  };
  const { nsExponent, negative, ...others } = drawn;
  return differences(base, drawn.hs ? others : { ...others, nsExponent, negative });
}

function differences(base: Hyperparameters, drawn: Overrides): Overrides {
  const own: Readonly<Record<string, unknown>> = base;
  return Object.fromEntries(Object.entries(drawn).filter(([name, value]) => value !== own[name]));
}
