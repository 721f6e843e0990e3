import { z } from "zod";
import { ingestReportSchema } from "../../corpus/playlists.ts";
import { hyperparametersSchema, presetNames } from "../../word2vec/hyperparameters.ts";
import { evaluationSchema } from "../../evaluate/evaluation.ts";
import { promotionCheckSchema } from "../pipeline/promotion-check.ts";
import { jobStates, progressSchema, queuedJob } from "./job-kind.ts";
import { narrate } from "../pipeline/narrate.ts";
import type { TrainingEvent } from "../pipeline/events.ts";

export const activations = ["ifBetter", "always", "never"] as const;
/** Seconds; what a timer can wait for. */
export const maxDeadlineSeconds = 2_000_000;

const epochSchema = z.object({
  epoch: z.int(),
  loss: z.number().describe("True mean loss per positive pair, in nats"),
  validation: z.number().nullable().describe("NDCG@10 of held-out plays; null where nothing is held out"),
  songsPerSecond: z.number(),
});

/** A training job as its clients see it. */
export const trainingJobSchema = z.object({
  jobId: z.string(),
  state: z
    .enum(jobStates)
    .describe(
      "rejected: the version is kept, but is no better than the active one, and does not serve; interrupted: the server ended meanwhile",
    ),
  trigger: z
    .enum(["request", "start", "schedule", "changes", "restart"])
    .describe(
      "What asked for it: a client, a start without a model, RETRAIN_CRON, RETRAIN_AFTER, or a start after a job was interrupted",
    ),
  repeats: z.string().nullable().describe("The interrupted job that it runs again"),
  preset: z.enum(presetNames),
  hyperparameters: hyperparametersSchema,
  warmStart: z.int().nullable().describe("The version whose vectors training starts from; null: from random ones"),
  activate: z.enum(activations).describe("When the version that comes of it serves"),
  deadlineSeconds: z.number().positive().max(maxDeadlineSeconds).describe("It fails where it runs for longer"),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  progress: progressSchema,
  epochs: z.array(epochSchema).describe("One entry for each epoch done"),
  log: z.array(z.string()).describe("The last 50 lines of its log"),
  kernel: z.string().nullable(),
  data: ingestReportSchema.nullable().describe("What was read, kept and dropped"),
  predictedMemoryMB: z.number().nullable().describe("The most that the trainer is reckoned to hold"),
  peakMemoryMB: z.number().nullable().describe("The most that it held"),
  evaluation: evaluationSchema
    .nullable()
    .describe("How well held-out plays are recommended, by the blend and by each method alone"),
  gate: promotionCheckSchema.nullable().describe("How the version compares with the one that answered"),
  modelVersion: z.int().nullable().describe("The version that came of it"),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type TrainingJob = z.infer<typeof trainingJobSchema>;

/** What is asked of a job. */
export type JobRequest = Pick<
  TrainingJob,
  "preset" | "hyperparameters" | "warmStart" | "activate" | "deadlineSeconds" | "trigger"
>;

/** What a running job tells: how the training goes, and what the trainer writes on its standard error. */
export type JobEvent = TrainingEvent | { readonly type: "output"; readonly text: string };

const maxOutputLines = 50;
const maxLineLength = 1000;

export function createTrainingJob(request: JobRequest, repeats: string | null, now: Date): TrainingJob {
  const { preset, hyperparameters, warmStart, activate, deadlineSeconds, trigger } = request;
  return {
    ...queuedJob(repeats, now),
    trigger,
    preset,
    hyperparameters,
    warmStart,
    activate,
    deadlineSeconds,
    epochs: [],
    kernel: null,
    data: null,
    predictedMemoryMB: null,
    peakMemoryMB: null,
    evaluation: null,
    gate: null,
    modelVersion: null,
  };
}

/** The lines that an event adds to the log of a job. */
export function logLines(event: JobEvent): string[] {
  return event.type === "output" ? outputLines(event.text) : narrate(event);
}

/** What a trainer writes on its standard error. */
export function outputLines(text: string): string[] {
  return text
    .split("\n")
    .filter(Boolean)
    .slice(-maxOutputLines)
    .map((line) => line.slice(0, maxLineLength));
}

/** What an event changes about a job. @param started when training itself began, in milliseconds, as `now` */
export function applyEvent(job: TrainingJob, event: JobEvent, started: number, now: number): Partial<TrainingJob> {
  switch (event.type) {
    case "corpus":
      return { data: event.report };
    case "kernel":
      return { kernel: event.kernel, progress: { ...job.progress, phase: "training" } };
    case "progress": {
      const share = event.songsInAll === 0 ? 1 : Math.min(1, event.songsDone / event.songsInAll);
      const seconds = (now - started) / 1000;
      const etaSeconds = share === 0 ? null : Math.round(((seconds * (1 - share)) / share) * 10) / 10;
      return { progress: { phase: "training", share: Math.round(share * 1e4) / 1e4, etaSeconds } };
    }
    case "epoch": {
      const { epoch, loss, validation, songsPerSecond } = event;
      return { epochs: [...job.epochs, { epoch, loss, validation, songsPerSecond: Math.round(songsPerSecond) }] };
    }
    case "memory":
      return { predictedMemoryMB: event.predictedMB };
    case "trained":
      return {
        peakMemoryMB: event.summary.peakMemoryMB,
        evaluation: event.summary.evaluation,
        gate: event.summary.gate,
      };
    case "evaluating":
      return { progress: { phase: "evaluating", share: 1, etaSeconds: null } };
    case "indexing":
      return { progress: { phase: "indexing", share: 1, etaSeconds: null } };
    case "writing":
      return { progress: { phase: "writing", share: 1, etaSeconds: 0 } };
    default:
      return {};
  }
}
