import { z } from "zod";
import { type ExportFormat, exportFormats } from "../../model/interchange/export.ts";

const formats = Object.keys(exportFormats).filter((name): name is ExportFormat => Object.hasOwn(exportFormats, name));

export const versionSchema = z.coerce
  .number()
  .int()
  .min(1)
  .max(999_999_999)
  .describe("The number of a model version")
  .meta({ examples: [1] });

export const exportParamsSchema = z.object({ version: versionSchema });

export const exportQuerySchema = z.strictObject({
  format: z
    .enum(formats)
    .describe(
      "word2vec-binary, word2vec-text: ids escaped as in URLs where they have blanks; word2vec-vocabulary: ids and plays, for gensim's fvocab; projector, projector-metadata: the two files of TensorBoard's projector; safetensors: all of the model, which `song2vec import` takes",
    ),
  vectors: z.enum(["input", "output"]).default("input").describe("Which vectors; safetensors has both"),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(999_999_999)
    .exactOptional()
    .describe("Only so many of the most played songs"),
});

export const exportedSchema = z.unknown().meta({
  id: "ExportedModel",
  type: "string",
  format: "binary",
  examples: ["2 3\n13346 0.125 -0.5 0.25\n14597 0.5 0.25 -0.125\n"],
});
