import { z } from "zod";
import { readCatalogue } from "../../corpus/readers/catalogue.ts";
import { type Corpus, readCorpus } from "../../corpus/corpus.ts";
import { type HoldOut, holdOut } from "../../corpus/holdout.ts";
import { ingestReportSchema } from "../../corpus/playlists.ts";
import { indexSettings, wantsIndex } from "../../model/format/index-setting.ts";
import { indexSchema, type Manifest } from "../../model/model.ts";
import { indexVersion } from "../../recommend/index/index-version.ts";
import { readStoredPlaylists } from "../../store/local/snapshot.ts";
import { evaluationSchema } from "../../evaluate/evaluation.ts";
import { type Hyperparameters, hyperparametersSchema } from "../../word2vec/hyperparameters.ts";
import { kernelVariants } from "../../word2vec/kernel/kernel.ts";
import { release } from "../../word2vec/release.ts";
import { completeVersion } from "./assessment.ts";
import { activeVersionSchema, gateSchema } from "./promotion-check.ts";
import { peakMemoryMB, settledMemory } from "./memory.ts";
import { mostValidated, trainVersion } from "./train-version.ts";
import { failedEventSchema } from "../process/trainer-task.ts";

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

/** All that a trainer process is told. */
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
  gate: gateSchema.nullable(),
  index: indexSchema.nullable().describe("What finds songs like a song without a scan; null where it was not built"),
});
export type TrainingSummary = z.infer<typeof trainingSummarySchema>;

/** What a training tells while it runs, in this order. */
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
  failedEventSchema,
]);
export type TrainingEvent = z.infer<typeof trainingEventSchema>;

/**
 * From playlists to a model version in `staging`: read, train, write, judge.
 * @throws whatever reading the playlists or training them throws
 */
export async function runPipeline(task: TrainingTask, tell: (event: TrainingEvent) => void): Promise<void> {
  const { source, hyperparameters, staging } = task;
  const { minCount, maxVocabulary, minPlaylistLength } = hyperparameters;
  const stored = source.dataDir === undefined ? [] : readStoredPlaylists(source.dataDir);
  const corpus = await readCorpus({
    ...source,
    sources: source.playlists,
    minCount,
    maxVocabulary,
    minPlaylistLength,
    stored,
    standardInput: process.stdin,
  });
  const details =
    source.catalogue === undefined ? undefined : await readCatalogue({ ...source, source: source.catalogue });
  tell({ type: "corpus", report: corpus.report });

  const { plays: trainedOn, ...heldOut } = split(corpus, hyperparameters);
  const { manifest: written, playlists: kept } = await trainVersion(
    task,
    corpus,
    trainedOn,
    heldOut.cases,
    details,
    tell,
  );
  await settledMemory(); // what training took goes
  tell({ type: "evaluating" });
  const { manifest, gate } = await completeVersion(
    staging,
    written,
    { ...heldOut, playlists: kept, keys: corpus.keys },
    task.active ?? null,
  );

  const index = await addIndex(task, manifest, tell);

  const { lossByEpoch, validationByEpoch, bestEpoch, warmStart, kernel, seconds, songsPerSecond } = manifest;
  const { songs, plays, playlists } = corpus.report;
  const summary: TrainingSummary = {
    songs: songs.kept,
    plays: plays.kept,
    playlists: playlists.kept,
    epochs: lossByEpoch.length,
    seconds,
    songsPerSecond,
    lossByEpoch,
    validationByEpoch,
    bestEpoch,
    warmStart,
    kernel,
    predictedMemoryMB: manifest.predictedMemoryMB ?? 0,
    peakMemoryMB: peakMemoryMB(),
    evaluation: evaluationSchema.nullable().parse(manifest.evaluation),
    gate,
    index,
  };
  tell({ type: "trained", summary });
}

async function addIndex(
  { staging, hyperparameters, index: setting = "auto" }: TrainingTask,
  manifest: Manifest,
  tell: (event: TrainingEvent) => void,
): Promise<Manifest["index"]> {
  if (!wantsIndex(manifest, setting)) return null;
  await settledMemory(); // what judging took goes
  tell({ type: "indexing" });
  const { index } = await indexVersion(staging, manifest, hyperparameters.workers);
  if (index) tell({ type: "indexed", index });
  return index;
}

/** What is trained on and what is held out; where anything is, the former is a copy, and the corpus loses its plays. */
function split(
  { tokens, offsets, keys, vocabulary: { counts } }: Corpus,
  { patience, holdOut: wanted }: Hyperparameters,
): HoldOut {
  const most = Math.max(wanted, patience > 0 ? mostValidated : 0);
  const plays = { tokens, offsets, counts };
  if (most === 0) return { plays, cases: [], held: new Uint32Array(offsets.length - 1), ends: new Uint32Array() };
  const held = holdOut(plays, keys, most);
  release(tokens, offsets);
  return held;
}
