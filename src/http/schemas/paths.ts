import { z } from "zod";
import { provisionalSchema, songIdSchema } from "./options.ts";

export const pathParamsSchema = z.object({
  songId: songIdSchema.meta({ examples: ["13346"] }),
  otherId: songIdSchema.meta({ examples: ["13331"] }),
});

export const pathQuerySchema = z.strictObject({
  length: z.coerce.number().int().min(1).max(20).default(5).describe("How many songs to find between the two"),
});

const stepSchema = z.object({
  songId: z.string(),
  cosine: z.number().nullable().describe("With the song before it; null for the first"),
  title: z.string().optional(),
  artist: z.string().optional(),
  provisional: provisionalSchema,
});

export const pathSchema = z
  .object({
    modelVersion: z.int(),
    items: z
      .array(stepSchema)
      .describe("Both ends and what is between them, no song twice; the song alone where they are the same"),
    direct: z.number().describe("The cosine of the two ends"),
    weakest: z.number().describe("The lowest cosine of a step"),
  })
  .meta({
    id: "SongPath",
    examples: [
      {
        modelVersion: 1,
        direct: -0.055375,
        weakest: 0.134866,
        items: [
          {
            songId: "13346",
            cosine: null,
            title: "Back-Porch Jukebox Back Home",
            artist: "Loretta Ann & the Fence Posts",
          },
          { songId: "13673", cosine: 0.134866, title: "Hazy Backroom", artist: "Nadir Selector" },
          { songId: "13331", cosine: 0.302538, title: "Silent Glacier at Rest", artist: "Selvik Fogbank" },
        ],
      },
    ],
  });
