import { z } from "zod";

export const songIdSchema = z.string().min(1).max(1000).describe("Song id, as in the playlists");
export const songListSchema = z.array(songIdSchema).max(10_000);

export const modelVersionField = z.int().describe("Version of the model that computed the response");
export const unknownSongsField = z.array(z.string()).describe("Songs of the request that the model does not know");

const optionalText = z.string().optional();

/** The names of a song in a response. */
export const songNames = {
  title: optionalText.describe("Title, from the catalogue"),
  artist: optionalText.describe("Artist, from the catalogue"),
  provisional: z
    .boolean()
    .optional()
    .describe("`true` for a cold-start song: it is in no training playlist yet, and other songs represent it"),
};
export const songIdField = z.string().describe("Song id");
