import { z } from "zod";
import { maxTuningMinutes, tuningJobSchema } from "../../training/tuning/tuning-job.ts";
import { overridesSchema, presetNames, resolveHyperparameters } from "../../word2vec/hyperparameters.ts";

export const tuningRequestSchema = z
  .strictObject({
    preset: z
      .enum(presetNames)
      .optional()
      .describe("Hyperparameters that the others are to beat; by default the preset of the service"),
    hyperparameters: overridesSchema
      .default({})
      .describe(
        "Replace those of the preset; `vectorSize` is the most that is tried, `seed` is also that of the search",
      ),
    minutes: z
      .number()
      .positive()
      .max(maxTuningMinutes)
      .describe("It ends after them at the latest, with the best that it found"),
    trials: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe("How many settings the first round tries; by default as many as its time allows"),
  })
  .meta({ id: "TuningRequest", examples: [{ preset: "tuned", minutes: 30 }] });

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

export const tuningJobResponseSchema = tuningJobSchema.meta({
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
  .object({ items: z.array(tuningJobResponseSchema) })
  .meta({ id: "TuningJobs", examples: [{ items: [] }] });

const example = `id: 3f0c2a9d5b1e-7\nevent: trial\ndata: ${JSON.stringify(trial)}\n\n`;
export const tuningEventsSchema = z.string().meta({ id: "TuningJobEvents", examples: [example] });
