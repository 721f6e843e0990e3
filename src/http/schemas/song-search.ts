import { z } from "zod";
import { provisionalSchema, queryOptions } from "./options.ts";

export const songSearchQuerySchema = z.strictObject({
  query: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe(
      "Beginnings of words of the title, the artist or the id, in any order; case, accents and punctuation make no difference. Without it: the most played songs",
    )
    .meta({ examples: ["jukebox back"] }),
  limit: queryOptions.limit,
});

const foundSongSchema = z
  .object({
    songId: z.string(),
    count: z.int().describe("Plays in the training playlists"),
    title: z.string().optional(),
    artist: z.string().optional(),
    provisional: provisionalSchema,
  })
  .meta({ id: "FoundSong" });

export const foundSongsSchema = z
  .object({
    modelVersion: z.int(),
    items: z
      .array(foundSongSchema)
      .describe("The song with this very id first, then the most played; provisional songs come last"),
  })
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
