import { z } from "zod";
import { ingestReportSchema } from "../../corpus/playlists.ts";
import { hyperparametersSchema, overridesSchema } from "../../word2vec/hyperparameters.ts";
import { playlistSourceSchema } from "../pipeline/events.ts";

/** What a tuning process is asked for. */
export const tuningTaskSchema = z.object({
  source: playlistSourceSchema,
  base: hyperparametersSchema.describe("What is tried first, and what every other trial differs from"),
  most: z.int().min(1).nullable().describe("Trials of the first round"),
  seed: z.int().min(0),
  begun: z.number().describe("Milliseconds since 1970"),
  deadline: z.number().describe("Likewise: no trial is begun that would end later"),
  staging: z.string().describe("Folder for one trial at a time"),
});
export type TuningTask = z.infer<typeof tuningTaskSchema>;

const figure = z.number().nullable();

export const trialSchema = z.object({
  trial: z.int().describe("1 is the preset; the same number is the same settings"),
  overrides: overridesSchema.describe("What is other than in the preset"),
  share: z.number().describe("Of the playlists that it was trained on"),
  plays: z.int().describe("In these"),
  epochs: z.int(),
  seconds: z.number().describe("That training and judging took"),
  figure: figure.describe("NDCG@10 of the blend over the held-out playlists; null: the trial failed"),
  standardError: figure,
  context: figure.describe("NDCG@10 of the vectors alone"),
  gain: figure.describe(
    "Mean difference to the preset on the same playlists; null where it was not trained on as many",
  ),
  gainError: figure.describe("Standard error of that difference"),
  problem: z.string().nullable(),
});
export type Trial = z.infer<typeof trialSchema>;

/** What a tuning tells while it runs, in this order. */
export const tuningEventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("corpus"), report: ingestReportSchema }),
  z.object({
    type: z.literal("round"),
    share: z.number(),
    plays: z.int(),
    questions: z.int(),
    secondsLeft: z.number(),
  }),
  z.object({ type: z.literal("trial"), trial: trialSchema }),
  z.object({
    type: z.literal("tooLong"),
    trial: z.int(),
    share: z.number(),
    seconds: z.number().describe("That it would take, more than are left"),
  }),
]);
export type TuningEvent = z.infer<typeof tuningEventSchema>;

/** What came of a tuning. */
export const tuningAnswerSchema = z.object({
  hyperparameters: overridesSchema.describe("What to train with over the preset, as `POST /v1/training-jobs` takes it"),
  trial: z
    .int()
    .describe("The one that this is of; 1: nothing was better than the preset by more than one standard error"),
  share: z.number().describe("Of the playlists that the best trials were trained on"),
  figure: z.number(),
  standardError: z.number(),
  gain: z.number().describe("Over the preset, on the same held-out playlists"),
  gainError: z.number(),
  trials: z.int(),
});
export type TuningAnswer = z.infer<typeof tuningAnswerSchema>;

/**
 * The best of the trials that were trained on most playlists and whose gain is more than chance would often have it, or
 * the preset.
 * @param given what the client had already set over the preset
 * @returns null where not even the preset was judged
 */
export function answerOf(trials: readonly Trial[], given: TuningAnswer["hyperparameters"]): TuningAnswer | null {
  const judged = trials.filter(isJudged);
  const share =
    Math.max(0, ...judged.filter(({ trial }) => trial > 1).map((trial) => trial.share)) ||
    Math.max(0, ...judged.map((trial) => trial.share));
  const last = judged.filter((trial) => trial.share === share);
  const preset = last.find(({ trial }) => trial === 1);
  if (!preset) return null;
  const best = last
    .filter(({ gain, gainError }) => gain > gainError)
    .reduce((one, other) => (other.gain > one.gain ? other : one), preset);
  const { trial, overrides, figure: found, standardError, gain, gainError } = best;
  return {
    hyperparameters: { ...given, ...overrides },
    trial,
    share,
    figure: found,
    standardError,
    gain,
    gainError,
    trials: trials.length,
  };
}

type Judged = Trial & { [K in "figure" | "standardError" | "gain" | "gainError"]: number };

function isJudged(trial: Trial): trial is Judged {
  return trial.figure !== null && trial.standardError !== null && trial.gain !== null && trial.gainError !== null;
}
