import { z } from "zod";
import { evaluationSchema } from "../../evaluate/evaluation.ts";

const schema = z.object({
  version: z.int().describe("Version number"),
  active: z.boolean().describe("Whether it is the active version"),
  createdAt: z.string().nullable().describe("Time of its training"),
  songs: z.int().nullable().describe("Number of songs"),
  plays: z.int().nullable().describe("Number of plays in its training playlists"),
  vectorSize: z.int().nullable().describe("Dimensions of a song vector"),
  kernel: z.string().nullable().describe("WebAssembly kernel that trained it"),
  lossByEpoch: z.array(z.number()).describe("Loss of each epoch, in nats per positive pair"),
  validationByEpoch: z
    .array(z.number())
    .describe("NDCG@10 of held-out plays after each epoch; empty if nothing was held out"),
  bestEpoch: z.int().nullable().describe("Epoch whose vectors were kept; null: the last epoch"),
  warmStart: z.int().nullable().describe("Version whose vectors its training started from; null: random vectors"),
  index: z
    .object({
      kind: z.enum(["hnsw"]).describe("Kind of index"),
      recallAt10: z.number().describe("Recall@10 of the index, 0 to 1"),
    })
    .nullable()
    .describe("Index for approximate search; null if it has none"),
  problem: z.string().nullable().describe("Why the version cannot be used; null if it is valid"),
});
export type ModelVersion = z.infer<typeof schema>;

const example: ModelVersion = {
  version: 1,
  active: true,
  createdAt: "2026-11-23T10:00:09.000Z",
  songs: 5000,
  plays: 199_000,
  vectorSize: 256,
  kernel: "simd-256",
  lossByEpoch: [3.9, 3.1],
  validationByEpoch: [0.07, 0.11],
  bestEpoch: 2,
  warmStart: null,
  index: null,
  problem: null,
};

export const modelVersionSchema = schema.describe("A model version.").meta({ id: "ModelVersion", examples: [example] });

const detailsSchema = schema.extend({
  trainedBy: z.string().nullable().describe("Program that trained it, with its version"),
  sample: z.boolean().nullable().describe("Whether it was trained on the synthetic sample"),
  seconds: z.number().nullable().describe("Duration of its training in seconds"),
  hyperparameters: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe("Hyperparameters of its training; those of another program if it was imported"),
  data: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe("What its training read, as the `IngestReport` of a training job; the files if it was imported"),
  evaluation: evaluationSchema
    .nullable()
    .describe("Evaluation of the blend and of each strategy alone on its held-out playlists; null if there is none"),
});
export type ModelDetails = z.infer<typeof detailsSchema>;

export const modelDetailsSchema = detailsSchema.describe("A model version in detail.").meta({
  id: "ModelDetails",
  examples: [
    {
      ...example,
      trainedBy: "song2vec 0.1.0",
      sample: false,
      seconds: 9.4,
      hyperparameters: { vectorSize: 256, window: 10, epochs: 2 },
      data: { files: ["playlists.csv"], rows: 199_000 },
      evaluation: null,
    },
  ],
});

const versionTextSchema = z.string().regex(/^[1-9]\d{0,8}$/, "must be the number of a version");
const versionParams = (text: z.ZodString) => z.object({ version: text.transform(Number).describe("Model version") });

export const modelParamsSchema = versionParams(versionTextSchema.meta({ examples: ["1"] }));
/** Without an example: version 1 is usually active, and cannot be deleted then. */
export const deleteModelParamsSchema = versionParams(versionTextSchema);

export const modelListSchema = z
  .object({ items: z.array(modelVersionSchema).describe("Model versions, oldest first") })
  .describe("The model versions.")
  .meta({ id: "ModelVersions", examples: [{ items: [example] }] });
