import { createRandom, pick } from "../../word2vec/random.ts";
import type { Hyperparameters, Overrides } from "../../word2vec/hyperparameters.ts";

/** Settings that matter for recommendations (Caselles-Dupré et al. 2018, Chamberlain et al. 2020), over the ranges found there. */
const choices = {
  window: [2, 3, 5, 10, 20],
  epochs: [5, 10, 20, 40, 80],
  sample: [0, 1e-3, 1e-4, 1e-5],
  alpha: [0.0125, 0.025, 0.05, 0.1],
  hs: [true, false],
  nsExponent: [-0.5, 0, 0.5, 0.75, 1],
  negative: [5, 10, 20],
} as const;

/** Parts of the dimensions asked for: more would take more memory than was asked for. */
const parts = [1, 1 / 2, 1 / 4];
/** Each setting stays as it is with this probability: what is known to be good is a good place to search around. */
const kept = 0.5;
/** After so many draws in a row that were tried before, nothing is left to try. */
const mostRepeats = 200;

/** What to try: first nothing, then settings over the base at random, none twice. The same for the same seed. */
export function* drawCandidates(base: Hyperparameters, seed: number): Generator<Overrides> {
  const random = createRandom(seed);
  const seen = new Set<string>();
  for (let repeats = 0; repeats < mostRepeats;) {
    const overrides = seen.size === 0 ? {} : draw(base, random);
    const key = JSON.stringify(overrides);
    repeats = seen.has(key) ? repeats + 1 : 0;
    if (repeats > 0) continue;
    seen.add(key);
    yield overrides;
  }
}

function draw(base: Hyperparameters, random: () => number): Overrides {
  const other = <T>(value: T, values: readonly T[]) => (random() < kept ? value : pick(values, random));
  const drawn = {
    window: other(base.window, choices.window),
    epochs: other(base.epochs, choices.epochs),
    sample: other(base.sample, choices.sample),
    alpha: other(base.alpha, choices.alpha),
    vectorSize: other(
      base.vectorSize,
      parts.map((part) => Math.max(1, Math.round(base.vectorSize * part))),
    ),
    hs: other(base.hs, choices.hs),
    nsExponent: other(base.nsExponent, choices.nsExponent),
    negative: other(base.negative, choices.negative),
  };
  const { nsExponent, negative, ...others } = drawn;
  return differences(base, drawn.hs ? others : { ...others, nsExponent, negative });
}

function differences(base: Hyperparameters, drawn: Overrides): Overrides {
  const own: Readonly<Record<string, unknown>> = base;
  return Object.fromEntries(Object.entries(drawn).filter(([name, value]) => value !== own[name]));
}
