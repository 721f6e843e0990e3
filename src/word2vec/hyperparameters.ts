import { availableParallelism } from "node:os";
import { z } from "zod";

/** Hyperparameters of a training. Names that gensim has too mean the same. */
export const hyperparametersSchema = z
  .strictObject({
    vectorSize: z.int().min(1).max(4096).describe("Dimensions of the song vectors"),
    sg: z.boolean().describe("Model architecture. true: skip-gram; false: CBOW (continuous bag of words)"),
    cbowMean: z.boolean().describe("CBOW input. true: mean of the context vectors; false: their sum"),
    hs: z.boolean().describe("Training objective. true: hierarchical softmax; false: negative sampling"),
    window: z
      .union(
        [z.int().min(1).max(10_000), z.literal("playlist")],
        'Invalid input: expected a whole number from 1 to 10,000, or "playlist"',
      )
      .describe(
        'Maximum distance between the centre song and a context song, in songs; "playlist": the whole playlist ' +
          "is context",
      ),
    shrinkWindows: z
      .boolean()
      .describe(
        "Draw the size of each window between 1 and `window`, which gives near songs more weight; no effect with " +
          '`window` "playlist"',
      ),
    minCount: z.int().min(1).max(1_000_000).describe("Minimum count: songs with fewer plays are dropped"),
    maxVocabulary: z
      .int()
      .min(2)
      .max(100_000_000)
      .nullable()
      .describe("Maximum number of songs; the most played ones are kept. null: no limit"),
    minPlaylistLength: z
      .int()
      .min(1)
      .max(10_000)
      .describe("Minimum length of a playlist in songs; shorter ones are left out before `minCount` is applied"),
    shortPlaylists: z
      .boolean()
      .describe(
        "Whether playlists of two songs up to `minPlaylistLength` count for similar playlists, co-occurring songs and " +
          "next-song vectors; word2vec never trains on them",
      ),
    negative: z.int().min(1).max(256).describe("Negative samples per positive pair"),
    negativeSharing: z
      .enum(["window", "block"])
      .describe(
        "Pairs that share their negative samples. window: those of one window; block: those of `blockSize` " +
          "adjacent windows, which is faster",
      ),
    blockSize: z.int().min(2).max(32).describe("Windows per block, with `negativeSharing` block"),
    blockNegatives: z
      .int()
      .min(1)
      .max(256)
      .describe("Negative samples per block, each with the weight `negative` / `blockNegatives`"),
    negativePool: z
      .int()
      .min(0)
      .max(65_536)
      .describe(
        "Size of a pool from which negative samples are drawn, for better use of the processor cache; a few of " +
          "its songs are replaced at each step. 0: no pool, draw from all songs",
      ),
    nsExponent: z
      .number()
      .min(-2)
      .max(2)
      .describe("Exponent of the noise distribution: negative samples are drawn in proportion to count^nsExponent"),
    sample: z
      .number()
      .min(0)
      .max(1)
      .describe("Subsampling threshold: plays of songs above this share of all plays are dropped at random; 0: off"),
    alpha: z.number().positive().max(1).describe("Initial learning rate; decreases linearly to `minAlpha`"),
    minAlpha: z.number().min(0).max(1).describe("Final learning rate, at most `alpha`"),
    epochs: z.int().min(1).max(10_000).describe("Maximum number of passes over the playlists"),
    holdOut: z
      .int()
      .min(0)
      .max(1_000_000)
      .describe(
        "Number of playlists, at most a fifth of all, whose last songs are held out of training. The blend is " +
          "fitted to and evaluated on them. For next songs, 2 % of all playlists, at most half of this number, are " +
          "held out as a whole; 0: none",
      ),
    patience: z
      .int()
      .min(0)
      .max(1000)
      .describe(
        "Early stopping: training ends after this many epochs without a better validation figure, and the best " +
          "epoch is kept; 0: off",
      ),
    nextSongSize: z
      .int()
      .min(16)
      .max(1024)
      .multipleOf(16)
      .describe("Dimensions of the vectors that predict the next song of a playlist, a multiple of 16"),
    nextSongEpochs: z
      .int()
      .min(0)
      .max(10_000)
      .describe("Passes over the playlists for the vectors that predict the next song; 0: none are trained"),
    seed: z
      .int()
      .min(0)
      .max(0xffffffff)
      .describe("Random seed; with one worker, the same seed gives identical vectors"),
    workers: z.int().min(1).max(256).describe("Number of training threads; default: processors − 1, at least 1"),
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
  shortPlaylists: true,
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
  nextSongSize: 64,
  nextSongEpochs: 0,
  seed: 1,
  workers: Math.max(1, availableParallelism() - 1),
};

const presets: Record<PresetName, Hyperparameters> = {
  article,
  tuned: { ...article, hs: true, minCount: 2, alpha: 0.05, epochs: 20, holdOut: 2000, nextSongEpochs: 5 },
};

/** A preset with overrides. Limits minAlpha to alpha. */
export function resolveHyperparameters(preset: PresetName, overrides: Overrides = {}): Hyperparameters {
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const merged = { ...presets[preset], ...given };
  return { ...merged, minAlpha: Math.min(merged.minAlpha, merged.alpha) };
}
