import { z } from "zod";
import { modelVersionField, songIdField, songNames } from "./fields.ts";
import { queryOptions } from "./options.ts";
import { playCountField } from "./songs.ts";

export const songSearchQuerySchema = z.strictObject({
  query: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe(
      "Word prefixes of the title, the artist or the id, in any order. Case, accents and punctuation are " +
        'ignored, except in names without letters, such as "!!!". Without a query, the most played songs are returned',
    )
    .meta({ examples: ["jukebox back"] }),
  limit: queryOptions.limit,
});

const foundSongSchema = z
  .object({ songId: songIdField, count: playCountField, ...songNames })
  .meta({ id: "FoundSong" });

export const foundSongsSchema = z
  .object({
    modelVersion: modelVersionField,
    items: z
      .array(foundSongSchema)
      .describe("The song whose id equals the query first, then the most played; cold-start songs last"),
  })
  .describe("Songs that match the query.")
  .meta({
    id: "FoundSongs",
    examples: [
      {
        modelVersion: 1,
        items: [
          {
            songId: "13346",
            count: 928,
            title: "Back-Porch Jukebox Back Home",
            artist: "Loretta Ann & the Fence Posts",
          },
          { songId: "11896", count: 70, title: "Whiskey Jukebox Back Home", artist: "Tammy Lou Buckner" },
        ],
      },
    ],
  });
