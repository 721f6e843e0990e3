import { z } from "zod";
import { songIdSchema } from "./options.ts";

const longestPlaylist = 10_000;

/** Ids are plain data; what could pass for a path is refused all the same. */
const playlistIdSchema = z
  .string()
  .min(1)
  .max(200)
  // oxlint-disable-next-line no-control-regex
  .regex(/^[^\u0000-\u001f\u007f/\\]+$/, "must have no slash, backslash or control character")
  .refine((id) => id !== "." && id !== ".." && id.isWellFormed(), 'must not be "." or ".."')
  .describe("The id of a playlist: up to 200 characters, no slash, backslash or control character");

export const playlistParamsSchema = z.object({ playlistId: playlistIdSchema.meta({ examples: ["user-42"] }) });

const songsSchema = z
  .array(songIdSchema)
  .max(longestPlaylist)
  .describe("Song ids, as in the playlists of the files, in order; they may repeat");

export const playlistBodySchema = z
  .strictObject({ songs: songsSchema })
  .meta({ id: "PlaylistContent", examples: [{ songs: ["13346", "14597"] }] });

/** A line of an import. */
export const playlistLineSchema = z.strictObject({ playlistId: playlistIdSchema, songs: songsSchema });

const etagSchema = z.string().max(1000);
export const playlistConditionsSchema = z.object({
  "if-match": etagSchema.optional().describe("The ETag that the playlist must have, or * for any: else 412"),
  "if-none-match": etagSchema.optional().describe("* : only if there is no such playlist, else 412"),
});

const example = { playlistId: "user-42", songs: ["13346", "14597"], updatedAt: "2026-11-24T10:00:00.000Z" };

const base = z.object({ playlistId: z.string(), songs: z.array(z.string()), updatedAt: z.iso.datetime() });
export const playlistSchema = base.meta({ id: "Playlist", examples: [example] });

export const pageQuerySchema = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(100)
    .describe("At most so many; a page of long playlists has fewer"),
  cursor: z.string().max(2000).optional().describe("`next` of the page before"),
});

export const playlistPageSchema = z
  .object({
    items: z.array(playlistSchema),
    next: z.string().nullable().describe("The cursor of the next page; null: this is the last"),
  })
  .meta({ id: "PlaylistPage", examples: [{ items: [example], next: null }] });

export const importQuerySchema = z.strictObject({
  afterLine: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .describe("Lines up to this one are passed over: what an import that broke off acknowledged"),
});

/** A line of the answer to an import. */
export const importLineSchema = z
  .union([
    z.object({ acknowledged: z.int().describe("Every line up to this one is stored durably, or was reported") }),
    z.object({ line: z.int(), error: z.object({ code: z.string(), detail: z.string() }) }),
    z.object({
      done: z.boolean().describe("false: it broke off; go on after the line acknowledged"),
      lines: z.int(),
      stored: z.int(),
      failed: z.int(),
    }),
  ])
  .meta({ id: "ImportLine", examples: [{ acknowledged: 1000 }] });
export type ImportLine = z.infer<typeof importLineSchema>;
