import { z } from "zod";
import { playlistFormatSchema } from "../../corpus/readers/plays.ts";
import { ingestReportSchema } from "../../corpus/playlists.ts";
import { evaluationSchema } from "../../evaluate/evaluation.ts";
import { indexSettings } from "../../model/format/index-setting.ts";
import { indexSchema } from "../../model/format/manifest.ts";
import { hyperparametersSchema } from "../../word2vec/hyperparameters.ts";
import { kernelVariants } from "../../word2vec/kernel/kernel.ts";
import { activeVersionSchema, promotionCheckSchema } from "./promotion-check.ts";

/** Source and format of the playlists; the same for all trainings of a service. */
export const playlistSourceSchema = z.object({
  playlists: z.array(z.string()),
  dataDir: z.string().optional().describe("Data directory, to read its stored playlists too"),
  catalogue: z.string().optional(),
  ...playlistFormatSchema.shape,
});
export type PlaylistSource = z.infer<typeof playlistSourceSchema>;

/** Task of a trainer process. */
export const trainingTaskSchema = z.object({
  source: playlistSourceSchema,
  hyperparameters: hyperparametersSchema,
  kernels: z.array(z.enum(kernelVariants)).optional().describe("Candidate kernels, for benchmarks; all by default"),
  warmStart: z
    .object({ version: z.int(), folder: z.string() })
    .nullable()
    .describe("Model version whose vectors the training starts from, and its folder"),
  active: activeVersionSchema.nullable().optional().describe("The active version, for the promotion check"),
  staging: z.string().describe("Folder to write the model version to"),
  trainedBy: z.string(),
  sample: z.boolean().describe("Whether the playlists are the synthetic sample"),
  index: z.enum(indexSettings).optional().describe("Whether to build an index; by default if scans are slow"),
});
export type TrainingTask = z.infer<typeof trainingTaskSchema>;

const epochReportSchema = z.object({
  epoch: z.int(),
  loss: z.number(),
  validation: z.number().nullable(),
  songsPerSecond: z.number(),
});

export const trainingSummarySchema = z.object({
  songs: z.int(),
  plays: z.int(),
  playlists: z.int(),
  epochs: z.int(),
  seconds: z.number(),
  songsPerSecond: z.number(),
  lossByEpoch: z.array(z.number()),
  validationByEpoch: z.array(z.number()),
  bestEpoch: z.int().nullable(),
  warmStart: z.int().nullable(),
  kernel: z.string(),
  predictedMemoryMB: z.number().describe("Estimated peak memory of the trainer process, in MB"),
  peakMemoryMB: z.number().describe("Measured peak memory of the trainer process, in MB"),
  evaluation: evaluationSchema.nullable().describe("Evaluation on the held-out playlists; null if none are held out"),
  gate: promotionCheckSchema.nullable(),
  index: indexSchema.nullable().describe("Figures of the HNSW index; null if none was built"),
});
export type TrainingSummary = z.infer<typeof trainingSummarySchema>;

/** Messages of a trainer process. */
export const trainingEventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("corpus"), report: ingestReportSchema }),
  z.object({
    type: z.literal("kernel"),
    kernel: z.enum(kernelVariants),
    refused: z.array(z.object({ variant: z.enum(kernelVariants), reason: z.string() })),
  }),
  z.object({ type: z.literal("warmStart"), version: z.int(), known: z.int(), songs: z.int() }),
  z.object({ type: z.literal("memory"), predictedMB: z.number() }),
  z.object({ type: z.literal("progress"), songsDone: z.number(), songsInAll: z.number() }),
  z.object({ type: z.literal("epoch"), ...epochReportSchema.shape }),
  z.object({ type: z.literal("writing") }),
  z.object({ type: z.literal("nextSongs") }),
  z.object({ type: z.literal("nextSongsTrained"), loss: z.number(), seconds: z.number() }),
  z.object({ type: z.literal("evaluating") }),
  z.object({ type: z.literal("indexing") }),
  z.object({ type: z.literal("indexed"), index: indexSchema }),
  z.object({ type: z.literal("trained"), summary: trainingSummarySchema }),
]);
export type TrainingEvent = z.infer<typeof trainingEventSchema>;
