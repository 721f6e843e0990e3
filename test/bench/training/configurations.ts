import { z } from "zod";
import {
  type Hyperparameters,
  type Overrides,
  overridesSchema,
  presetNames,
  resolveHyperparameters,
} from "../../../src/word2vec/hyperparameters.ts";

/**
 * A named set of hyperparameters to measure. minCount and minPlaylistLength have no effect, because all trainers get
 * the same plays.
 */
const configurationSchema = z.strictObject({
  name: z.string().min(1),
  preset: z.enum(presetNames).default("article"),
  overrides: overridesSchema.default({}),
});

export type Configuration = z.infer<typeof configurationSchema>;

/** Configurations from the command line, each a JSON object; the defaults if there are none. */
export function readConfigurations(
  texts: readonly string[] | undefined,
  defaults: readonly Configuration[],
): readonly Configuration[] {
  return texts?.map((text) => configurationSchema.parse(JSON.parse(text))) ?? defaults;
}

/** @param fallback values that the configuration does not set */
export function hyperparametersOf({ preset, overrides }: Configuration, fallback: Overrides = {}): Hyperparameters {
  return resolveHyperparameters(preset, { ...fallback, ...overrides });
}

export function readNumbers(text: string): number[] {
  return text.split(",").map((part) => z.int().min(1).parse(Number(part)));
}
