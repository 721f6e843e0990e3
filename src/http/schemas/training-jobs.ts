import { z } from "zod";
import { activations, maxDeadlineSeconds, trainingJobSchema } from "../../training/jobs/training-job.ts";
import { overridesSchema, presetNames, resolveHyperparameters } from "../../word2vec/hyperparameters.ts";

export const trainingRequestSchema = z
  .strictObject({
    preset: z
      .enum(presetNames)
      .optional()
      .describe("Preset of hyperparameters. Default: the setting `PRESET`, with those of `HYPERPARAMETERS`"),
    hyperparameters: overridesSchema.default({}).describe("Hyperparameters that replace those of the preset"),
    warmStart: z
      .union([z.boolean(), z.int().min(1).max(999_999_999)])
      .default(false)
      .describe(
        "`true`: start from the vectors of the active model version. A number: start from the vectors of " +
          "that version. `false`: start from random vectors",
      ),
    activate: z
      .enum(activations)
      .default("ifBetter")
      .describe(
        "When to activate the new version. `ifBetter`: if it passes the promotion check. The version is " +
          "kept in any case",
      ),
    deadlineSeconds: z
      .number()
      .positive()
      .max(maxDeadlineSeconds)
      .optional()
      .describe("Time limit in seconds, after which the job fails. Default: the setting `TRAINING_DEADLINE`"),
  })
  .describe("Options of a training job.")
  .meta({ id: "TrainingRequest", examples: [{ hyperparameters: { epochs: 5 }, warmStart: true }] });

const hyperparameters = { ...resolveHyperparameters("tuned", { epochs: 5 }), workers: 1 };

export const jobSchema = trainingJobSchema.describe("A training job.").meta({
  id: "TrainingJob",
  examples: [
    {
      jobId: "1b4e28ba-2fa1-4d2e-883f-0016d3cca427",
      state: "running",
      trigger: "request",
      repeats: null,
      preset: "tuned",
      hyperparameters,
      warmStart: 3,
      activate: "ifBetter",
      deadlineSeconds: 86_400,
      createdAt: "2026-11-23T10:00:00.000Z",
      startedAt: "2026-11-23T10:00:00.004Z",
      endedAt: null,
      progress: { phase: "training", share: 0.42, etaSeconds: 3.1 },
      epochs: [
        { epoch: 1, loss: 3.91, validation: 0.071, songsPerSecond: 91_000 },
        { epoch: 2, loss: 3.02, validation: 0.112, songsPerSecond: 92_000 },
      ],
      log: ["training with the simd-256 kernel"],
      kernel: "simd-256",
      data: null,
      predictedMemoryMB: 214,
      peakMemoryMB: null,
      evaluation: null,
      gate: null,
      modelVersion: null,
      error: null,
    },
  ],
});

export const jobListSchema = z
  .object({ items: z.array(jobSchema).describe("Training jobs, newest first") })
  .describe("The training jobs.")
  .meta({ id: "TrainingJobs", examples: [{ items: [] }] });

export const jobParamsSchema = z.object({
  jobId: z
    .string()
    .regex(/^[0-9a-f-]{36}$/)
    .describe("Job id, from the response that started the job"),
});

export const idempotencySchema = z.object({
  "idempotency-key": z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("Key that identifies this request. A repeated request with the same key returns the existing job"),
});

export const resumeSchema = z.object({
  "last-event-id": z
    .string()
    .max(100)
    .optional()
    .describe("Id of the last event received. The stream continues after it"),
});

const example = 'id: 3f0c2a9d5b1e-7\nevent: progress\ndata: {"phase":"training","share":0.42,"etaSeconds":3.1}\n\n';
export const jobEventsSchema = z
  .string()
  .describe("Server-sent events.")
  .meta({ id: "TrainingJobEvents", examples: [example] });
