import { z } from "zod";

export const songIdSchema = z
  .string()
  .min(1)
  .max(1000)
  .describe("Song id, as in the playlists. Unless `SONG_IDS` is `text`, `0012` and `12.0` mean the song `12`");
export const songListSchema = z.array(songIdSchema).max(10_000);

export const modelVersionField = z.int().describe("Version of the model that computed the response");
/** Unknown songs of the fields of a request other than `songs`. */
export const unknownByField = (...fields: ("dislikes" | "exclude" | "candidates")[]) =>
  z
    .object(
      Object.fromEntries(
        fields.map((field) => [field, z.array(z.string()).optional().describe(`Unknown songs of \`${field}\``)]),
      ),
    )
    .optional()
    .describe("Unknown songs of other fields, as in the request. Absent if there are none");
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
