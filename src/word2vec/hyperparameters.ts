import { availableParallelism } from "node:os";
import { z } from "zod";

/** Every hyperparameter, with gensim's meaning where gensim has it. */
export const hyperparametersSchema = z
  .strictObject({
    vectorSize: z.int().min(1).max(4096).describe("Dimensions of a song vector"),
    sg: z.boolean().describe("Skip-gram; false: CBOW, which predicts a song from the mean of those around it"),
    cbowMean: z.boolean().describe("CBOW takes the mean of the context, not the sum"),
    hs: z.boolean().describe("Hierarchical softmax in place of negative sampling"),
    window: z
      .union(
        [z.int().min(1).max(10_000), z.literal("playlist")],
        'Invalid input: expected a whole number from 1 to 10,000, or "playlist"',
      )
      .describe('Furthest distance between two songs of a playlist that are trained as a pair; "playlist": any'),
    shrinkWindows: z
      .boolean()
      .describe('Draw each window between 1 and `window`, so that near songs count more; not with "playlist"'),
    minCount: z.int().min(1).max(1_000_000).describe("Songs played less often are left out"),
    maxVocabulary: z
      .int()
      .min(2)
      .max(100_000_000)
      .nullable()
      .describe("Only so many of the most played songs; null: all"),
    minPlaylistLength: z
      .int()
      .min(1)
      .max(10_000)
      .describe("Playlists with fewer songs are left out, before minCount is applied"),
    negative: z.int().min(1).max(256).describe("Negative samples of each pair"),
    negativeSharing: z
      .enum(["window", "block"])
      .describe(
        "Which pairs share one draw of negatives: those of a window, or those of `blockSize` neighbouring windows, which is faster",
      ),
    blockSize: z.int().min(2).max(32).describe("Windows of a block"),
    blockNegatives: z
      .int()
      .min(1)
      .max(256)
      .describe("Negatives drawn for a block, each weighted with negative / blockNegatives"),
    negativePool: z
      .int()
      .min(0)
      .max(65_536)
      .describe(
        "Negatives come from so many songs at a time, a few of which are replaced at each step, so that they are in the cache; 0: each is drawn from all songs",
      ),
    nsExponent: z.number().min(-2).max(2).describe("Negatives are drawn in proportion to count^nsExponent"),
    sample: z.number().min(0).max(1).describe("Songs above this share of all plays are thinned out; 0 turns it off"),
    alpha: z.number().positive().max(1).describe("Learning rate at the start"),
    minAlpha: z.number().min(0).max(1).describe("Learning rate at the end; falls linearly"),
    epochs: z.int().min(1).max(10_000).describe("Passes over the playlists"),
    holdOut: z
      .int()
      .min(0)
      .max(1_000_000)
      .describe(
        "Playlists, a fifth of all at most, whose ends are held out of training: recommendations are fitted to them and judged by them; 0: none",
      ),
    patience: z
      .int()
      .min(0)
      .max(1000)
      .describe(
        "Epochs without a better validation figure after which training stops, and keeps the best epoch; 0: nothing is held out, all epochs are trained",
      ),
    seed: z.int().min(0).max(0xffffffff).describe("With one worker, the same seed gives the same bytes"),
    workers: z.int().min(1).max(256).describe("Training threads"),
  })
  .meta({ id: "Hyperparameters" });

export type Hyperparameters = z.infer<typeof hyperparametersSchema>;

export const overridesSchema = hyperparametersSchema.partial().meta({ id: "HyperparameterOverrides" });
export type Overrides = z.infer<typeof overridesSchema>;

export const presetNames = ["article", "tuned"] as const;
export type PresetName = (typeof presetNames)[number];

const article: Hyperparameters = {
  vectorSize: 256,
  sg: true,
  cbowMean: true,
  hs: false,
  window: 10,
  shrinkWindows: true,
  minCount: 3,
  maxVocabulary: null,
  minPlaylistLength: 4,
  negative: 20,
  negativeSharing: "window",
  blockSize: 8,
  blockNegatives: 32,
  negativePool: 4096,
  nsExponent: 0.75,
  sample: 0,
  alpha: 0.025,
  minAlpha: 0.0001,
  epochs: 100,
  holdOut: 0,
  patience: 0,
  seed: 1,
  workers: Math.max(1, availableParallelism() - 1),
};

const presets: Record<PresetName, Hyperparameters> = {
  article,
  tuned: { ...article, hs: true, alpha: 0.05, epochs: 20, holdOut: 2000 },
};

/** A preset with some of its values replaced; minAlpha never exceeds alpha. */
export function resolveHyperparameters(preset: PresetName, overrides: Overrides = {}): Hyperparameters {
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const merged = { ...presets[preset], ...given };
  return { ...merged, minAlpha: Math.min(merged.minAlpha, merged.alpha) };
}
