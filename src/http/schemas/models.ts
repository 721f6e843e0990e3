import { z } from "zod";

const versionSchema = z.object({
  version: z.int(),
  active: z.boolean().describe("Whether it is the one that answers"),
  createdAt: z.string().nullable(),
  songs: z.int().nullable(),
  plays: z.int().nullable(),
  vectorSize: z.int().nullable(),
  kernel: z.string().nullable(),
  lossByEpoch: z.array(z.number()),
  validationByEpoch: z.array(z.number()).describe("NDCG@10 of held-out plays; empty where nothing was held out"),
  bestEpoch: z.int().nullable().describe("The epoch that its vectors are of; null: the last"),
  warmStart: z.int().nullable().describe("The version whose vectors its training started from"),
  index: z
    .object({
      kind: z.enum(["hnsw"]),
      recallAt10: z.number().describe("Of the ten songs most like a song, the share that it finds"),
    })
    .nullable()
    .describe("What finds songs like a song without a scan; null where it has none"),
  problem: z.string().nullable().describe("What is damaged about it"),
});
export type ModelVersion = z.infer<typeof versionSchema>;

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

export const modelVersionSchema = versionSchema.meta({ id: "ModelVersion", examples: [example] });

export const modelParamsSchema = z.object({
  version: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, "must be the number of a version")
    .transform(Number)
    .meta({ examples: ["1"] }),
});

export const modelListSchema = z
  .object({ items: z.array(modelVersionSchema) })
  .meta({ id: "ModelVersions", examples: [{ items: [example] }] });
