import { z } from "zod";
import { type ExportFormat, exportFormats } from "../../model/interchange/export.ts";

const formats = Object.keys(exportFormats).filter((name): name is ExportFormat => Object.hasOwn(exportFormats, name));

export const versionSchema = z.coerce
  .number()
  .int()
  .min(1)
  .max(999_999_999)
  .describe("Model version")
  .meta({ examples: [1] });

export const exportParamsSchema = z.object({ version: versionSchema });

export const exportQuerySchema = z.strictObject({
  format: z
    .enum(formats)
    .describe(
      "`word2vec-binary`, `word2vec-text`: vectors in the formats of word2vec; whitespace in ids is " +
        "percent-encoded. `word2vec-vocabulary`: ids and plays, for `fvocab` of gensim. `projector`, " +
        "`projector-metadata`: the two files of the TensorBoard projector. `safetensors`: the complete " +
        "model, for `song2vec import`",
    )
    .meta({ examples: ["word2vec-text"] }),
  vectors: z.enum(["input", "output"]).default("input").describe("Which vectors to export; `safetensors` has both"),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(999_999_999)
    .exactOptional()
    .describe("Number of songs to export, most played first. All songs if not set"),
});

export const exportedSchema = z
  .unknown()
  .describe("The exported file.")
  .meta({
    id: "ExportedModel",
    type: "string",
    format: "binary",
    examples: ["2 3\n13346 0.125 -0.5 0.25\n14597 0.5 0.25 -0.125\n"],
  });
