import { z } from "zod";
import { ingestReportSchema } from "../../corpus/playlists.ts";
import { hyperparametersSchema, overridesSchema, presetNames } from "../../word2vec/hyperparameters.ts";
import { outputLines } from "../jobs/training-job.ts";
import { jobErrorSchema, jobStates, jobTimes, type JobKind, progressSchema, queuedJob } from "../jobs/job-kind.ts";
import { narrateTuning } from "./narrate-tuning.ts";
import { createQueue, type Queue, type QueueOptions } from "../jobs/queue.ts";
import { trialSchema, type TuningResult, tuningResultSchema, type TuningEvent } from "./tuning.ts";

export const maxTuningMinutes = 10_000;

/** A tuning job as the API returns it. */
export const tuningJobSchema = z.object({
  jobId: z.string().describe("Job id"),
  state: z.enum(jobStates).describe("State of the job. interrupted: the server stopped while the job ran"),
  repeats: z.string().nullable().describe("Id of the interrupted job that this job repeats"),
  preset: z.enum(presetNames).describe("Preset of hyperparameters"),
  given: overridesSchema.describe("Overrides of the preset from the request; every trial starts from them"),
  base: hyperparametersSchema.describe("Hyperparameters of the first trial"),
  minutes: z.number().positive().max(maxTuningMinutes).describe("Maximum duration in minutes"),
  most: z
    .int()
    .min(1)
    .nullable()
    .describe("Maximum number of trials in the first round; null: as many as its time allows"),
  seed: z.int().describe("Seed for the random choice of hyperparameters"),
  ...jobTimes,
  progress: progressSchema,
  trials: z.array(trialSchema).describe("In the order in which they ran"),
  log: z.array(z.string()).describe("The last 50 lines of the log"),
  data: ingestReportSchema.nullable().describe("Ingest report: rows, playlists and songs read, kept and dropped"),
  answer: tuningResultSchema.nullable().describe("Recommended hyperparameters; null until the job has ended"),
  error: jobErrorSchema.nullable().describe("Why the job failed; otherwise null"),
});
export type TuningJob = z.infer<typeof tuningJobSchema>;

export type TuningRequest = Pick<TuningJob, "preset" | "given" | "base" | "minutes" | "most" | "seed">;
export type TuningJobEvent = TuningEvent | { readonly type: "output"; readonly text: string };
export type TuningQueue = Queue<TuningJob, TuningRequest>;

export interface TuningQueueOptions extends Omit<QueueOptions<TuningJob, TuningRequest, TuningJobEvent>, "kind"> {
  /** If the signal aborts, rejects after the tuner process has exited. */
  readonly run: (
    request: TuningRequest,
    emit: (event: TuningJobEvent) => void,
    signal: AbortSignal,
  ) => Promise<TuningResult>;
}

/** Seconds that a tuner process may take to exit after its deadline. */
const grace = 60;

export function createTuningQueue({ run, ...options }: TuningQueueOptions): TuningQueue {
  const kind: JobKind<TuningJob, TuningRequest, TuningJobEvent> = {
    name: "tuning",
    schema: tuningJobSchema,
    create: ({ preset, given, base, minutes, most, seed }, repeats, now) => ({
      ...queuedJob(repeats, now),
      preset,
      given,
      base,
      minutes,
      most,
      seed,
      trials: [],
      data: null,
      answer: null,
    }),
    repeatRequest: (job) => job,
    deadlineSeconds: ({ minutes }) => minutes * 60 + grace,
    startsTraining: (event) => event.type === "corpus",
    applyEvent(job, event, since, now) {
      const share = Math.round(Math.min(1, (now - since) / (job.minutes * 60_000)) * 1e4) / 1e4;
      const progress = { phase: "training" as const, share, etaSeconds: Math.round(job.minutes * 60 * (1 - share)) };
      if (event.type === "corpus") return { data: event.report, progress };
      return event.type === "trial" ? { trials: [...job.trials, event.trial], progress } : {};
    },
    changeEvents: (before, after) =>
      after.trials === before.trials ? [] : [{ type: "trial", data: after.trials.at(-1) }],
    logLines: (event) => (event.type === "output" ? outputLines(event.text) : narrateTuning(event)),
    async run(job, { emit, update, signal }) {
      update({ answer: await run(job, emit, signal) });
      return undefined;
    },
  };
  return createQueue({ ...options, kind });
}
