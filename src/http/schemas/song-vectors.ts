import { z } from "zod";
import { songIdSchema } from "./options.ts";

export const songVectorParamsSchema = z.object({ songId: songIdSchema.meta({ examples: ["new-1"] }) });

const nameSchema = z.string().min(1).max(1000).exactOptional();

export const songVectorBodySchema = z
  .strictObject({
    like: z.array(songIdSchema).min(1).max(1000).optional().describe("Songs that it is like"),
    playlists: z
      .array(z.array(songIdSchema).min(1).max(1000))
      .min(1)
      .max(100)
      .optional()
      .describe("Playlists that it stands in; it may be left out of them"),
    title: nameSchema.describe("By default as in the catalogue, where the model knows another song of the artist"),
    artist: nameSchema.describe("The same"),
  })
  .describe("Either like or playlists")
  .meta({
    id: "SongVectorRequest",
    examples: [{ like: ["13346", "14597"], title: "Hay Bale Hymn", artist: "Wade Tuckett" }],
  });

export const songVectorSchema = z
  .object({
    modelVersion: z.int(),
    songId: z.string(),
    provisional: z.boolean(),
    title: z.string().optional(),
    artist: z.string().optional(),
    references: z
      .array(z.object({ songId: z.string(), weight: z.number() }))
      .describe("The songs that stand for it: the 50 weightiest at most; weights sum to 1"),
    unknownSongs: z.array(z.string()).describe("References that the model does not know; they count once it does"),
  })
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
