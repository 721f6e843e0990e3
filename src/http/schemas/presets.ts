import { z } from "zod";
import { hyperparametersSchema, presetNames, resolveHyperparameters } from "../../word2vec/hyperparameters.ts";

const presetSchema = z.object({
  preset: z.enum(presetNames).describe("Name of the preset"),
  hyperparameters: hyperparametersSchema.describe("Its hyperparameters, on this machine"),
});
const example = (preset: (typeof presetNames)[number]) => ({
  preset,
  hyperparameters: { ...resolveHyperparameters(preset), workers: 1 },
});

export const presetListSchema = z
  .object({
    default: presetSchema.describe("What a request without `preset` trains with: `PRESET` with `HYPERPARAMETERS`"),
    items: z.array(presetSchema).describe("The presets"),
  })
  .describe("The presets of hyperparameters.")
  .meta({ id: "Presets", examples: [{ default: example("tuned"), items: presetNames.map(example) }] });
