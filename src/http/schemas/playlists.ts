import { z } from "zod";
import { songIdSchema } from "./fields.ts";

const longestPlaylist = 10_000;

/** Ids that could be mistaken for a path are rejected. */
const playlistIdSchema = z
  .string()
  .min(1)
  .max(200)
  // oxlint-disable-next-line no-control-regex
  .regex(/^[^\u0000-\u001f\u007f/\\]+$/, "must have no slash, backslash or control character")
  .refine((id) => id !== "." && id !== ".." && id.isWellFormed(), 'must not be "." or ".."')
  .describe("Playlist id: up to 200 characters, without slash, backslash or control characters");

export const playlistParamsSchema = z.object({ playlistId: playlistIdSchema.meta({ examples: ["user-42"] }) });

const songsSchema = z.array(songIdSchema).max(longestPlaylist).describe("Song ids, in order. Ids may repeat");

export const playlistBodySchema = z
  .strictObject({ songs: songsSchema })
  .describe("The songs of a playlist.")
  .meta({ id: "PlaylistContent", examples: [{ songs: ["13346", "14597"] }] });

/** One line of an import. */
export const playlistLineSchema = z.strictObject({ playlistId: playlistIdSchema, songs: songsSchema });

const etagSchema = z.string();
export const playlistConditionsSchema = z.object({
  "if-match": etagSchema
    .optional()
    .describe("ETags: the stored playlist must have one of them; `*` stands for any. Otherwise the response is 412"),
  "if-none-match": etagSchema
    .optional()
    .describe("`*`: the playlist must not exist. ETags: it must have none of them. Otherwise the response is 412"),
});

const example = { playlistId: "user-42", songs: ["13346", "14597"], updatedAt: "2026-11-24T10:00:00.000Z" };

export const playlistSchema = z
  .object({
    playlistId: z.string().describe("Playlist id"),
    songs: z.array(z.string()).describe("Song ids, in order"),
    updatedAt: z.iso.datetime().describe("Time of the last change"),
  })
  .describe("A stored playlist.")
  .meta({ id: "Playlist", examples: [example] });

export const pageQuerySchema = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(100)
    .describe("Maximum number of playlists per page. A page of long playlists has fewer"),
  cursor: z
    .string()
    .max(2000)
    .optional()
    .describe("Value of `next` from the previous page. Omit it for the first page"),
});

export const playlistPageSchema = z
  .object({
    items: z.array(playlistSchema).describe("Playlists, sorted by id"),
    next: z.string().nullable().describe("Cursor of the next page; null on the last page"),
  })
  .describe("A page of stored playlists.")
  .meta({ id: "PlaylistPage", examples: [{ items: [example], next: null }] });

export const importQuerySchema = z.strictObject({
  afterLine: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .describe("Number of lines to skip: the last `acknowledged` of an interrupted import"),
});

const importErrorSchema = z.object({
  code: z.string().describe("Error code"),
  detail: z.string().describe("What is wrong"),
});

/** One line of the response to an import. */
export const importLineSchema = z
  .union([
    z.object({
      acknowledged: z.int().describe("Every line up to this line number is stored durably or was reported as an error"),
    }),
    z.object({
      line: z.int().describe("Number of the line that was not stored, from 1"),
      error: importErrorSchema.describe("What is wrong with the line"),
    }),
    z.object({
      done: z.boolean().describe("`false` if the import ended early. Resume with `afterLine`"),
      lines: z.int().describe("Number of lines read"),
      stored: z.int().describe("Number of playlists stored"),
      failed: z.int().describe("Number of invalid lines, which were not stored"),
      error: importErrorSchema.optional().describe("Why the import ended early, if `done` is `false`"),
    }),
  ])
  .describe("One line of the response to an import.")
  .meta({ id: "ImportLine", examples: [{ acknowledged: 1000 }] });
export type ImportLine = z.infer<typeof importLineSchema>;
