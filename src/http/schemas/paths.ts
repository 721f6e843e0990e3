import { z } from "zod";
import { modelVersionField, songIdField, songIdSchema, songNames } from "./fields.ts";

export const pathParamsSchema = z.object({
  songId: songIdSchema.describe("First song of the path").meta({ examples: ["13346"] }),
  otherId: songIdSchema.describe("Last song of the path").meta({ examples: ["13331"] }),
});

export const pathQuerySchema = z.strictObject({
  length: z.coerce.number().int().min(1).max(20).default(5).describe("Number of songs between the first and the last"),
});

const stepSchema = z.object({
  songId: songIdField,
  cosine: z.number().nullable().describe("Cosine with the previous song; null for the first song"),
  ...songNames,
});

export const pathSchema = z
  .object({
    modelVersion: modelVersionField,
    items: z
      .array(stepSchema)
      .describe("The songs of the path, without repetition. One song if the first and the last are the same"),
    direct: z.number().describe("Cosine of the first and the last song"),
    weakest: z.number().describe("Lowest cosine of two consecutive songs"),
  })
  .describe("A path from one song to another.")
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
