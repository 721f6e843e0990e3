import { z } from "zod";
import { maxTuningMinutes, tuningJobSchema } from "../../training/tuning/tuning-job.ts";
import { overridesSchema, presetNames, resolveHyperparameters } from "../../word2vec/hyperparameters.ts";

export const tuningRequestSchema = z
  .strictObject({
    preset: z
      .enum(presetNames)
      .optional()
      .describe("Preset that the trials are compared with. Default: the setting `PRESET`"),
    hyperparameters: overridesSchema
      .default({})
      .describe(
        "Hyperparameters that replace those of the preset. `vectorSize` is the largest size tried; `seed` " +
          "also seeds the search",
      ),
    minutes: z
      .number()
      .positive()
      .max(maxTuningMinutes)
      .describe("Time budget in minutes. The job then ends with the best result so far"),
    trials: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe("Number of trials in the first round. Default: as many as the time budget permits"),
  })
  .describe("Options of a tuning job.")
  .meta({ id: "TuningRequest", examples: [{ minutes: 5 }] });

const base = { ...resolveHyperparameters("tuned"), workers: 1 };
const trial = {
  trial: 1,
  overrides: {},
  share: 1,
  plays: 103_989,
  epochs: 20,
  seconds: 33.7,
  figure: 0.1098,
  standardError: 0.0063,
  context: 0.0838,
  gain: 0,
  gainError: 0,
  problem: null,
};

export const tuningJobResponseSchema = tuningJobSchema.describe("A tuning job.").meta({
  id: "TuningJob",
  examples: [
    {
      jobId: "1b4e28ba-2fa1-4d2e-883f-0016d3cca427",
      state: "running",
      repeats: null,
      preset: "tuned",
      given: {},
      base,
      minutes: 30,
      most: null,
      seed: 1,
      createdAt: "2026-11-23T10:00:00.000Z",
      startedAt: "2026-11-23T10:00:00.004Z",
      endedAt: null,
      progress: { phase: "training", share: 0.42, etaSeconds: 1044 },
      trials: [trial],
      log: [],
      data: null,
      answer: null,
      error: null,
    },
  ],
});

export const tuningJobListSchema = z
  .object({ items: z.array(tuningJobResponseSchema).describe("Tuning jobs, newest first") })
  .describe("The tuning jobs.")
  .meta({ id: "TuningJobs", examples: [{ items: [] }] });

const example = `id: 3f0c2a9d5b1e-7\nevent: trial\ndata: ${JSON.stringify(trial)}\n\n`;
export const tuningEventsSchema = z
  .string()
  .describe("Server-sent events.")
  .meta({ id: "TuningJobEvents", examples: [example] });
