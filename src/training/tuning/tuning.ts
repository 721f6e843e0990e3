import { z } from "zod";
import { ingestReportSchema } from "../../corpus/playlists.ts";
import { hyperparametersSchema, overridesSchema } from "../../word2vec/hyperparameters.ts";
import { playlistSourceSchema } from "../pipeline/events.ts";

/** Task of a tuner process. */
export const tuningTaskSchema = z.object({
  source: playlistSourceSchema,
  base: hyperparametersSchema.describe("Hyperparameters of the first trial; the others override some of them"),
  most: z.int().min(1).nullable().describe("Maximum number of trials in the first round"),
  seed: z.int().min(0),
  startedAt: z.number().describe("Unix time in milliseconds"),
  deadline: z.number().describe("Unix time in milliseconds"),
  staging: z.string().describe("Folder for the files of one trial at a time"),
});
export type TuningTask = z.infer<typeof tuningTaskSchema>;

const figure = z.number().nullable();

export const trialSchema = z
  .object({
    trial: z.int().describe("Number of the candidate, the same in each round; 1 is the preset"),
    overrides: overridesSchema.describe("Hyperparameters that differ from the preset"),
    share: z.number().describe("Share of the playlists that were trained on, in (0, 1]"),
    plays: z.int().describe("Plays in these playlists"),
    epochs: z.int().describe("Number of trained epochs"),
    seconds: z.number().describe("Duration of training and evaluation in seconds"),
    figure: figure.describe("Mean NDCG@10 of the blend over the held-out playlists; null: the trial failed"),
    standardError: figure.describe("Standard error of `figure`"),
    context: figure.describe("Mean NDCG@10 of the vectors alone (strategy `context`)"),
    gain: figure.describe(
      "Mean NDCG@10 difference to the preset on the same held-out playlists; null if the preset was not trained " +
        "on this share",
    ),
    gainError: figure.describe("Standard error of `gain`"),
    problem: z.string().nullable().describe("Reason why the trial failed; null: it succeeded"),
  })
  .meta({ id: "Trial" });
export type Trial = z.infer<typeof trialSchema>;

/** Messages of a tuner process. */
export const tuningEventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("corpus"), report: ingestReportSchema }),
  z.object({
    type: z.literal("round"),
    share: z.number(),
    plays: z.int(),
    heldOutPlaylists: z.int(),
    secondsLeft: z.number(),
  }),
  z.object({ type: z.literal("trial"), trial: trialSchema }),
  z.object({
    type: z.literal("tooLong"),
    trial: z.int(),
    share: z.number(),
    seconds: z.number().describe("Estimated duration in seconds, longer than the time left"),
  }),
]);
export type TuningEvent = z.infer<typeof tuningEventSchema>;

export const tuningResultSchema = z
  .object({
    hyperparameters: overridesSchema.describe(
      "Overrides of the preset to train with, for `hyperparameters` of `POST /v1/training-jobs`",
    ),
    trial: z
      .int()
      .describe("Number of the best trial; 1: no trial was better than the preset by more than one standard error"),
    share: z.number().describe("Share of the playlists that this trial was trained on, in (0, 1]"),
    figure: z.number().describe("Mean NDCG@10 of the blend over the held-out playlists"),
    standardError: z.number().describe("Standard error of `figure`"),
    gain: z.number().describe("Mean NDCG@10 difference to the preset on the same held-out playlists"),
    gainError: z.number().describe("Standard error of `gain`"),
    trials: z.int().describe("Number of trials that ran"),
  })
  .meta({ id: "TuningResult" });
export type TuningResult = z.infer<typeof tuningResultSchema>;

/**
 * Selects the best trial among those on the largest share, if its gain exceeds one standard error; otherwise the
 * preset.
 * @param given overrides of the preset that the client sent
 * @returns null if not even the preset was evaluated
 */
export function selectResult(trials: readonly Trial[], given: TuningResult["hyperparameters"]): TuningResult | null {
  const evaluated = trials.filter(isEvaluated);
  const share =
    Math.max(0, ...evaluated.filter(({ trial }) => trial > 1).map((trial) => trial.share)) ||
    Math.max(0, ...evaluated.map((trial) => trial.share));
  const finalists = evaluated.filter((trial) => trial.share === share);
  const preset = finalists.find(({ trial }) => trial === 1);
  if (!preset) return null;
  const best = finalists
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

type EvaluatedTrial = Trial & { [K in "figure" | "standardError" | "gain" | "gainError"]: number };

function isEvaluated(trial: Trial): trial is EvaluatedTrial {
  return trial.figure !== null && trial.standardError !== null && trial.gain !== null && trial.gainError !== null;
}
