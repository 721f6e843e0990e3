import { z } from "zod";
import { modelVersionField, songIdField, songIdSchema, songNames, unknownByField } from "./fields.ts";
import { descriptions, queryOptions, repeatHint, songIdsParameter, versionsSchema } from "./options.ts";

export const songParamsSchema = z.object({ songId: songIdSchema.meta({ examples: ["13346"] }) });

export const playCountField = z.int().describe("Number of plays in the training playlists");

export const songSchema = z
  .object({
    songId: songIdField,
    count: playCountField,
    popularityPercentile: z
      .number()
      .describe("Percentage of songs in as many playlists or fewer: 100 for the song in most playlists"),
    ...songNames,
    columns: z.record(z.string(), z.string()).optional().describe("Values of the other catalogue columns, by column"),
  })
  .describe("A song.")
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
    songId: songIdField,
    score: z
      .number()
      .describe(
        "Score; its meaning depends on the strategy. `similarity`: a cosine. `context`: a dot product, or " +
          "a log-probability. `popular`: the number of playlists with the song, as a share of the sum over all " +
          "songs. Others: a weighted sum",
      ),
    ...songNames,
  })
  .meta({ id: "Item" });

const items = [
  { songId: "14597", score: 0.606767, title: "Dirt-Road Boots", artist: "Buck & the Tumbleweeds" },
  { songId: "13332", score: 0.574024, title: "Jukebox on the Radio", artist: "Wade Tuckett" },
];

const { popularity: _, ...similarOptions } = queryOptions;

export const similarQuerySchema = z.strictObject({
  ...similarOptions,
  minScore: z.coerce
    .number()
    .min(-1)
    .max(1)
    .optional()
    .describe("Lowest cosine of a returned song. No limit if not set"),
  versions: versionsSchema,
  exclude: songIdsParameter.describe(`${descriptions.exclude}. ${repeatHint}`),
});

export const similarSchema = z
  .object({
    modelVersion: modelVersionField,
    songId: songIdField,
    items: z.array(itemSchema).describe("The similar songs, most similar first; `score` is the cosine"),
    unknown: unknownByField("exclude"),
  })
  .describe("Songs similar to a song, most similar first.")
  .meta({ id: "SimilarSongs", examples: [{ modelVersion: 1, songId: "13346", items }] });
