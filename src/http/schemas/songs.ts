import { z } from "zod";
import { provisionalSchema, queryOptions, several, severalSchema, songIdSchema, versionsSchema } from "./options.ts";

export const songParamsSchema = z.object({ songId: songIdSchema.meta({ examples: ["13346"] }) });

export const songSchema = z
  .object({
    songId: z.string(),
    count: z.int().describe("Plays in the training playlists"),
    popularityPercentile: z
      .number()
      .describe("Percentage of songs that are played as often or less: 100 for the most played"),
    title: z.string().optional(),
    artist: z.string().optional(),
    provisional: provisionalSchema,
    columns: z.record(z.string(), z.string()).optional().describe("What the further columns of the catalogue say"),
  })
  .meta({
    id: "Song",
    examples: [
      {
        songId: "13346",
        count: 928,
        popularityPercentile: 100,
        title: "Back-Porch Jukebox Back Home",
        artist: "Loretta Ann & the Fence Posts",
      },
    ],
  });

export const itemSchema = z
  .object({
    songId: z.string(),
    score: z
      .number()
      .describe(
        "similarity: a cosine; context: a dot product or the logarithm of a probability; popular: the share of all plays; else a weighted sum",
      ),
    title: z.string().optional(),
    artist: z.string().optional(),
    provisional: provisionalSchema,
  })
  .meta({ id: "Item" });

const items = [
  { songId: "14597", score: 0.606767, title: "Dirt-Road Boots", artist: "Buck & the Tumbleweeds" },
  { songId: "13332", score: 0.574024, title: "Jukebox on the Radio", artist: "Wade Tuckett" },
];

const { popularity: _, ...similarOptions } = queryOptions;

export const similarQuerySchema = z.strictObject({
  ...similarOptions,
  minScore: z.coerce.number().min(-1).max(1).optional().describe("The lowest cosine to answer"),
  versions: versionsSchema,
  exclude: severalSchema.describe(`Songs not to answer${several}`),
});

export const similarSchema = z
  .object({ modelVersion: z.int(), songId: z.string(), items: z.array(itemSchema) })
  .meta({ id: "SimilarSongs", examples: [{ modelVersion: 1, songId: "13346", items }] });
