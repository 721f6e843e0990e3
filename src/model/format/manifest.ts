import { z } from "zod";

export const manifestFile = "model.json";
export const songsFile = "songs.jsonl";
export const untrainedFile = "untrained.jsonl";
export const vectorsFile = "vectors.safetensors";
export const playlistsFile = "playlists.safetensors";
export const cooccurrenceFile = "cooccurrence.safetensors";
export const indexFile = "index.safetensors";
/** What stands before the names of their tensors where a model is one file. */
export const tensorPrefixes = { playlists: playlistsFile, companions: cooccurrenceFile } as const;

const digestSchema = z.object({ size: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

export const indexSchema = z.object({
  kind: z.literal("hnsw"),
  /** Links that a song is given; it keeps twice as many. */
  m: z.int().min(2).max(64),
  /** Songs that were looked at to find them. */
  efConstruction: z.int().positive(),
  /** Songs that a search keeps in view; the fewest that find enough. */
  efSearch: z.int().positive().max(4096),
  /** Of the ten songs most like a song or a mean of some, how many a search finds; measured against the scan when it was built. */
  recallAt10: z.number().min(0).max(1),
  /** How long that took. */
  seconds: z.number().nonnegative(),
});
export type IndexMetadata = z.infer<typeof indexSchema>;

/** What model.json says of a model; the file also holds a checksum of itself. The format version decides: fields and files that are not known here are of a later release, and ignored. */
export const manifestSchema = z.object({
  formatVersion: z.literal(1),
  createdAt: z.iso.datetime(),
  /** Program and version. */
  trainedBy: z.string(),
  /** `numbers`: 0012 and 12.0 are the song 12; `text`: ids are as they stood. */
  songIds: z.enum(["numbers", "text"]).default("numbers"),
  /** Whether the playlists are the synthetic sample. */
  sample: z.boolean().default(false),
  /** The variant of the training kernel. */
  kernel: z.string(),
  hyperparameters: z.record(z.string(), z.unknown()),
  /** The report on the playlists read. */
  data: z.record(z.string(), z.unknown()),
  songs: z.int().positive(),
  /** Songs of the catalogue that are not among them, but by an artist of theirs. */
  untrainedSongs: z.int().nonnegative().default(0),
  /** Plays of these songs in the training playlists. */
  plays: z.int().nonnegative(),
  vectorSize: z.int().positive(),
  /** Whether there are output vectors; imported models may have none, and then no query works that needs them. */
  outputVectors: z.boolean().default(true),
  lossByEpoch: z.array(z.number()),
  /** NDCG@10 of held-out plays; empty where none were held out. */
  validationByEpoch: z.array(z.number()).default([]),
  /** The epoch that the vectors are of, from 1; null: the last. */
  bestEpoch: z.int().positive().nullable().default(null),
  /** The version whose vectors training started from. */
  warmStart: z.int().positive().nullable().default(null),
  /** How long training took. */
  seconds: z.number().nonnegative(),
  songsPerSecond: z.number().nonnegative(),
  /** The peak memory of the trainer: as estimated before training, and as measured at its end. */
  predictedMemoryMB: z.number().nonnegative().nullable().default(null),
  peakMemoryMB: z.number().nonnegative().nullable().default(null),
  /** The weights of the channels that recommendations are blended of; null: those that stand for none fitted. */
  blend: z
    .object({ weights: z.record(z.string(), z.number()) })
    .nullable()
    .default(null),
  /** How well held-out plays are recommended; null where none were held out. */
  evaluation: z.record(z.string(), z.unknown()).nullable().default(null),
  /** The columns of the catalogue besides title and artist that say something of these songs. */
  columns: z.array(z.string()).default([]),
  /** The index that finds songs like a song without a scan; see `indexSchema`. */
  index: indexSchema.nullable().default(null),
  files: z.object({
    [songsFile]: digestSchema,
    [vectorsFile]: digestSchema,
    [untrainedFile]: digestSchema.optional(),
    [playlistsFile]: digestSchema.optional(),
    [cooccurrenceFile]: digestSchema.optional(),
    [indexFile]: digestSchema.optional(),
  }),
});

export type Manifest = z.infer<typeof manifestSchema>;
/** What is not to be seen from the songs and vectors; what has a default may be left out. */
export type ManifestInput = Omit<
  z.input<typeof manifestSchema>,
  "formatVersion" | "songs" | "untrainedSongs" | "vectorSize" | "outputVectors" | "columns" | "index" | "files"
>;
