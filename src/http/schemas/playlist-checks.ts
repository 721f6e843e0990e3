import { z } from "zod";
import { modelVersionField, songIdField, songIdSchema, songNames, unknownSongsField } from "./fields.ts";

export const playlistCheckRequestSchema = z
  .strictObject({
    songs: z.array(songIdSchema).min(1).max(10_000).describe("Songs of the playlist. Repeated songs count once"),
  })
  .describe("A playlist to check.")
  .meta({ id: "PlaylistCheckRequest", examples: [{ songs: ["13346", "14597", "13332", "11767", "13139"] }] });

const fitSchema = z.object({
  songId: songIdField,
  fit: z
    .number()
    .nullable()
    .describe(
      "Mean cosine with the other songs, rescaled: 0 is the mean of all songs of the model with this " +
        "playlist, 1 is the maximum. null if there are no other songs",
    ),
  ...songNames,
});

export const playlistCheckSchema = z
  .object({
    modelVersion: modelVersionField,
    cohesion: z
      .number()
      .nullable()
      .describe("Mean of `fit`: about 0 for songs chosen at random. null for fewer than two known songs"),
    items: z.array(fitSchema).describe("The known songs, each once, in the order of the request"),
    oddOnesOut: z
      .array(z.string())
      .describe(
        "Songs whose `fit` is less than half the median, worst first. Empty if the playlist has no common style",
      ),
    unknownSongs: unknownSongsField,
  })
  .describe("How well the songs of a playlist fit together.")
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
