import { z } from "zod";

export const manifestFile = "model.json";
export const songsFile = "songs.jsonl";
export const untrainedFile = "untrained.jsonl";
export const vectorsFile = "vectors.safetensors";
export const playlistsFile = "playlists.safetensors";
export const cooccurrenceFile = "cooccurrence.safetensors";
export const nextSongsFile = "next-songs.safetensors";
export const indexFile = "index.safetensors";
/** Prefixes of tensor names in a model exported as one safetensors file, and the files that the tensors come from. */
export const tensorPrefixes = {
  playlists: playlistsFile,
  companions: cooccurrenceFile,
  nextSongs: nextSongsFile,
} as const;

const digestSchema = z.object({ size: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

export const indexSchema = z.object({
  kind: z.literal("hnsw"),
  /** Links made for each new song; a song keeps up to twice as many. */
  m: z.int().min(2).max(64),
  /** Size of the candidate list while the index is built. */
  efConstruction: z.int().positive(),
  /** Size of the candidate list of a search: the smallest with sufficient recall. */
  efSearch: z.int().positive().max(4096),
  /** Share of the ten most similar songs that a search finds, compared with a scan when the index was built. */
  recallAt10: z.number().min(0).max(1),
  /** Time that building took. */
  seconds: z.number().nonnegative(),
});
export type IndexMetadata = z.infer<typeof indexSchema>;

const nextSongsSchema = z.object({
  /** Dimensions. */
  size: z.int().positive().multipleOf(16),
  /** Number of songs at the end of a query that count. */
  positions: z.int().positive(),
});
/** The shape of vectors that predict the next song. */
export type NextSongShape = z.infer<typeof nextSongsSchema>;

/**
 * The content of model.json, apart from its checksum. Unknown fields and files come from a later release with the same
 * format version, and are ignored.
 */
export const manifestSchema = z.object({
  formatVersion: z.literal(1),
  createdAt: z.iso.datetime(),
  /** Program and version. */
  trainedBy: z.string(),
  /** `numbers`: 0012 and 12.0 are the song 12; `text`: ids are taken literally. */
  songIds: z.enum(["numbers", "text"]).default("numbers"),
  /** Trained on the synthetic sample. */
  sample: z.boolean().default(false),
  /** The variant of the training kernel. */
  kernel: z.string(),
  hyperparameters: z.record(z.string(), z.unknown()),
  /** The ingest report, or the files of an import. */
  data: z.record(z.string(), z.unknown()),
  songs: z.int().positive(),
  /** Songs in untrained.jsonl: songs of the catalogue without a vector, by artists of the model's songs. */
  untrainedSongs: z.int().nonnegative().default(0),
  /** Plays of the model's songs in the training playlists. */
  plays: z.int().nonnegative(),
  vectorSize: z.int().positive(),
  /** Imported models may have no output vectors; queries that need them fail. */
  outputVectors: z.boolean().default(true),
  lossByEpoch: z.array(z.number()),
  /** NDCG@10 on held-out plays; empty if none were held out. */
  validationByEpoch: z.array(z.number()).default([]),
  /** The epoch, from 1, that the vectors come from; null: the last. */
  bestEpoch: z.int().positive().nullable().default(null),
  /** The version whose vectors training started from. */
  warmStart: z.int().positive().nullable().default(null),
  /** Duration of the training. */
  seconds: z.number().nonnegative(),
  songsPerSecond: z.number().nonnegative(),
  /** Peak memory of the trainer, as estimated before training and as measured at its end. */
  predictedMemoryMB: z.number().nonnegative().nullable().default(null),
  peakMemoryMB: z.number().nonnegative().nullable().default(null),
  /** Weights of the features of the blend; null: the defaults. */
  blend: z
    .object({
      weights: z.record(z.string(), z.number()),
      /** The weights where songs of the query may be recommended; null for the defaults. */
      repeats: z.record(z.string(), z.number()).nullable().optional(),
    })
    .nullable()
    .default(null),
  /** Metrics on held-out plays; null if none were held out. */
  evaluation: z.record(z.string(), z.unknown()).nullable().default(null),
  /** Columns of the catalogue, besides title and artist, that have values for these songs. */
  columns: z.array(z.string()).default([]),
  /** Vectors that predict the next song; null for versions without them. */
  nextSongs: nextSongsSchema.nullable().default(null),
  index: indexSchema.nullable().default(null),
  files: z.object({
    [songsFile]: digestSchema,
    [vectorsFile]: digestSchema,
    [untrainedFile]: digestSchema.optional(),
    [playlistsFile]: digestSchema.optional(),
    [cooccurrenceFile]: digestSchema.optional(),
    [nextSongsFile]: digestSchema.optional(),
    [indexFile]: digestSchema.optional(),
  }),
});

export type Manifest = z.infer<typeof manifestSchema>;
/** The manifest fields that do not follow from the songs and vectors. Fields with a default are optional. */
export type ManifestInput = Omit<
  z.input<typeof manifestSchema>,
  | "formatVersion"
  | "songs"
  | "untrainedSongs"
  | "vectorSize"
  | "outputVectors"
  | "columns"
  | "nextSongs"
  | "index"
  | "files"
>;
