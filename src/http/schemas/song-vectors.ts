import { z } from "zod";
import { modelVersionField, songIdField, songIdSchema } from "./fields.ts";

export const songVectorParamsSchema = z.object({
  songId: songIdSchema.describe("Song id of the cold-start song").meta({ examples: ["new-1"] }),
});

const nameSchema = z.string().min(1).max(1000).exactOptional();

export const songVectorBodySchema = z
  .strictObject({
    like: z
      .array(songIdSchema)
      .min(1)
      .max(1000)
      .optional()
      .describe("Songs that it is similar to. Set either `like` or `playlists`"),
    playlists: z
      .array(z.array(songIdSchema).min(1).max(1000))
      .min(1)
      .max(100)
      .optional()
      .describe(
        "Playlists that contain it; the song itself may be missing from them. Set either `like` or `playlists`",
      ),
    title: nameSchema.describe(
      "Title. Default: the title in the catalogue, if the model knows another song of the artist",
    ),
    artist: nameSchema.describe("Artist. Default: as for `title`"),
  })
  .describe("Songs or playlists that represent a cold-start song.")
  .meta({
    id: "SongVectorRequest",
    examples: [{ like: ["13346", "14597"], title: "Hay Bale Hymn", artist: "Wade Tuckett" }],
  });

export const songVectorSchema = z
  .object({
    modelVersion: modelVersionField,
    songId: songIdField,
    provisional: z.boolean().describe("Always `true`"),
    title: z.string().optional().describe("Title"),
    artist: z.string().optional().describe("Artist"),
    references: z
      .array(z.object({ songId: songIdField, weight: z.number().describe("Weight, 0 to 1") }))
      .describe("The songs that represent it: at most 50, those with the highest weights. Weights add up to 1"),
    unknownSongs: z
      .array(z.string())
      .describe("References that the model does not know. They count as soon as a model version knows them"),
  })
  .describe("A cold-start song.")
  .meta({
    id: "SongVector",
    examples: [
      {
        modelVersion: 1,
        songId: "new-1",
        provisional: true,
        title: "Hay Bale Hymn",
        artist: "Wade Tuckett",
        references: [
          { songId: "13346", weight: 0.5 },
          { songId: "14597", weight: 0.5 },
        ],
        unknownSongs: [],
      },
    ],
  });
