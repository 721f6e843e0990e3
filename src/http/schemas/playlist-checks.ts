import { z } from "zod";
import { provisionalSchema, songIdSchema } from "./options.ts";

export const playlistCheckRequestSchema = z
  .strictObject({
    songs: z
      .array(songIdSchema)
      .min(1)
      .max(10_000)
      .describe("The playlist; a song that stands there several times counts once"),
  })
  .meta({ id: "PlaylistCheckRequest", examples: [{ songs: ["13346", "14597", "13332", "11767", "13139"] }] });

const fitSchema = z.object({
  songId: z.string(),
  fit: z
    .number()
    .nullable()
    .describe(
      "Its mean cosine with the others, on a scale from 0, what songs of all kinds have with this playlist, to 1; null where there are no others",
    ),
  title: z.string().optional(),
  artist: z.string().optional(),
  provisional: provisionalSchema,
});

export const playlistCheckSchema = z
  .object({
    modelVersion: z.int(),
    cohesion: z
      .number()
      .nullable()
      .describe("The mean of the fits: about 0 for songs picked at random; null for fewer than two known songs"),
    items: z.array(fitSchema).describe("The known songs, each once, in the order asked"),
    oddOnesOut: z
      .array(z.string())
      .describe(
        "The songs that fit less than half as well as the middle one, the worst first; none where the playlist has no style of its own",
      ),
    unknownSongs: z.array(z.string()),
  })
  .meta({
    id: "PlaylistCheck",
    examples: [
      {
        modelVersion: 1,
        cohesion: 0.357719,
        items: [
          {
            songId: "13346",
            fit: 0.425772,
            title: "Back-Porch Jukebox Back Home",
            artist: "Loretta Ann & the Fence Posts",
          },
          { songId: "14597", fit: 0.466342, title: "Dirt-Road Boots", artist: "Buck & the Tumbleweeds" },
          { songId: "13332", fit: 0.459029, title: "Jukebox on the Radio", artist: "Wade Tuckett" },
          { songId: "11767", fit: 0.459337, title: "Hollow Harvest of the North", artist: "Silas Millbrook" },
          { songId: "13139", fit: -0.021884, title: "Glitter in Silver", artist: "Monte Sensation" },
        ],
        oddOnesOut: ["13139"],
        unknownSongs: [],
      },
    ],
  });
