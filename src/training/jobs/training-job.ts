import { z } from "zod";
import { ingestReportSchema } from "../../corpus/playlists.ts";
import { hyperparametersSchema, presetNames } from "../../word2vec/hyperparameters.ts";
import { evaluationSchema } from "../../evaluate/evaluation.ts";
import { promotionCheckSchema } from "../pipeline/promotion-check.ts";
import { jobErrorSchema, jobStates, jobTimes, progressSchema, queuedJob } from "./job-kind.ts";
import { narrate } from "../pipeline/narrate.ts";
import type { TrainingEvent } from "../pipeline/events.ts";

export const activations = ["ifBetter", "always", "never"] as const;
/** Below the longest delay of a timer, 2³¹ − 1 ms. */
export const maxDeadlineSeconds = 2_000_000;

const epochSchema = z
  .object({
    epoch: z.int().describe("Number of the epoch, from 1"),
    loss: z.number().describe("Mean loss per positive pair in this epoch, in nats"),
    validation: z.number().nullable().describe("Mean NDCG@10 on the held-out playlists; null if none are held out"),
    songsPerSecond: z.number().describe("Trained plays per second"),
  })
  .meta({ id: "Epoch" });

/** A training job as the API returns it. */
export const trainingJobSchema = z.object({
  jobId: z.string().describe("Job id"),
  state: z
    .enum(jobStates)
    .describe(
      "rejected: the model version is kept but not activated, because the promotion check failed; " +
        "interrupted: the server stopped while the job ran",
    ),
  trigger: z
    .enum(["request", "start", "schedule", "changes", "restart"])
    .describe(
      "Cause of the job. request: a client; start: a server start without a model; schedule: RETRAIN_CRON; " +
        "changes: RETRAIN_AFTER; restart: a server start after a job was interrupted",
    ),
  repeats: z.string().nullable().describe("Id of the interrupted job that this job repeats"),
  preset: z.enum(presetNames).describe("Preset of hyperparameters"),
  hyperparameters: hyperparametersSchema.describe("Hyperparameters of the training"),
  warmStart: z.int().nullable().describe("Model version whose vectors the training starts from; null: random vectors"),
  activate: z.enum(activations).describe("When the new model version is activated"),
  deadlineSeconds: z.number().positive().max(maxDeadlineSeconds).describe("Maximum running time in seconds"),
  ...jobTimes,
  progress: progressSchema,
  epochs: z.array(epochSchema).describe("One entry per completed epoch"),
  log: z.array(z.string()).describe("The last 50 lines of the log"),
  kernel: z.string().nullable().describe("Variant of the training kernel; null until it is chosen"),
  data: ingestReportSchema.nullable().describe("Ingest report: rows, playlists and songs read, kept and dropped"),
  predictedMemoryMB: z.number().nullable().describe("Estimated peak memory of the trainer process, in MB"),
  peakMemoryMB: z.number().nullable().describe("Measured peak memory of the trainer process, in MB"),
  evaluation: evaluationSchema
    .nullable()
    .describe("Evaluation of the blend and of each strategy alone on the held-out playlists"),
  gate: promotionCheckSchema.nullable().describe("Promotion check: comparison with the active version"),
  modelVersion: z.int().nullable().describe("The trained model version; null until it is published"),
  error: jobErrorSchema.nullable().describe("Why the job failed or its version was rejected; otherwise null"),
});
export type TrainingJob = z.infer<typeof trainingJobSchema>;

export type JobRequest = Pick<
  TrainingJob,
  "preset" | "hyperparameters" | "warmStart" | "activate" | "deadlineSeconds" | "trigger"
>;

/** Events of a training, and the standard error output of the trainer process. */
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

/** The lines that an event adds to the log of its job. */
export function logLines(event: JobEvent): string[] {
  return event.type === "output" ? outputLines(event.text) : narrate(event);
}

/** Log lines of standard error output; long lines and long output are cut. */
export function outputLines(text: string): string[] {
  return text
    .split("\n")
    .filter(Boolean)
    .slice(-maxOutputLines)
    .map((line) => line.slice(0, maxLineLength));
}

/**
 * The changes of a job that follow from an event.
 * @param started start of the training itself, Unix time in milliseconds, like `now`
 */
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
    case "nextSongs":
      return { progress: { phase: "nextSongs", share: 1, etaSeconds: null } };
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
