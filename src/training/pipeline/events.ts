import { z } from "zod";
import { ingestReportSchema } from "../../corpus/playlists.ts";
import { evaluationSchema } from "../../evaluate/evaluation.ts";
import { indexSettings } from "../../model/format/index-setting.ts";
import { indexSchema } from "../../model/format/manifest.ts";
import { hyperparametersSchema } from "../../word2vec/hyperparameters.ts";
import { kernelVariants } from "../../word2vec/kernel/kernel.ts";
import { activeVersionSchema, promotionCheckSchema } from "./promotion-check.ts";

/** Where the playlists come from and how they are read; the same for every training of a service. */
export const playlistSourceSchema = z.object({
  playlists: z.array(z.string()),
  dataDir: z.string().optional().describe("The data folder whose stored playlists are read too"),
  catalogue: z.string().optional(),
  playlistColumn: z.string(),
  songColumn: z.string(),
  songIds: z.enum(["numbers", "text"]),
});
export type PlaylistSource = z.infer<typeof playlistSourceSchema>;

/** What a trainer process is asked for. */
export const trainingTaskSchema = z.object({
  source: playlistSourceSchema,
  hyperparameters: hyperparametersSchema,
  kernels: z.array(z.enum(kernelVariants)).optional().describe("Candidates, for measurements; all by default"),
  warmStart: z
    .object({ version: z.int(), folder: z.string() })
    .nullable()
    .describe("The version that training starts from, and where it lies"),
  active: activeVersionSchema
    .nullable()
    .optional()
    .describe("The version that answers, which a new one has to be as good as"),
  staging: z.string().describe("Folder that the model is written to"),
  trainedBy: z.string(),
  sample: z.boolean().describe("Whether the playlists are the made-up sample"),
  index: z.enum(indexSettings).optional().describe("Whether it gets an index; by default where scans are slow"),
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
  predictedMemoryMB: z
    .number()
    .describe("The most that the trainer was reckoned to hold, before it laid the training out"),
  peakMemoryMB: z.number().describe("The most that it held"),
  evaluation: evaluationSchema
    .nullable()
    .describe("How well held-out plays are recommended; null where none were held out"),
  gate: promotionCheckSchema.nullable(),
  index: indexSchema.nullable().describe("What finds songs like a song without a scan; null where it was not built"),
});
export type TrainingSummary = z.infer<typeof trainingSummarySchema>;

/** What a training tells while it runs. */
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
  z.object({ type: z.literal("evaluating") }),
  z.object({ type: z.literal("indexing") }),
  z.object({ type: z.literal("indexed"), index: indexSchema }),
  z.object({ type: z.literal("trained"), summary: trainingSummarySchema }),
]);
export type TrainingEvent = z.infer<typeof trainingEventSchema>;
