import { z } from "zod";

export const songIdSchema = z.string().min(1).max(1000).describe("The id of a song, as in the playlists");
export const provisionalSchema = z
  .boolean()
  .optional()
  .describe("true: no playlists were trained with it yet; others stand for it");
export const songListSchema = z.array(songIdSchema).max(10_000);

const mostOffset = 10_000;
const said = {
  limit: "How many songs to answer",
  offset: "How many of the first songs to leave out, for the next page",
  maxPerArtist: "At most so many songs of an artist",
  diversity:
    "How much a song is put back for being like those before it, 0 to 1: maximal marginal relevance. The items are then not in the order of their scores",
  popularity: "Favours what is rarely played (down to -1) or the most played (up to 1)",
};

export const versionsSchema = z
  .enum(["all", "one"])
  .default("all")
  .describe(
    'one: of the versions of a song, which have the same title and artist but for additions as "(live)" or "- Remastered 2009", the best only, and none of a song that was asked with',
  );

/** Options in a body. */
export const bodyOptions = {
  limit: z.int().min(1).max(1000).describe(said.limit),
  offset: z.int().min(0).max(mostOffset).default(0).describe(said.offset),
  maxPerArtist: z.int().min(1).max(1000).optional().describe(said.maxPerArtist),
  diversity: z.number().min(0).max(1).default(0).describe(said.diversity),
  popularity: z.number().min(-1).max(1).default(0).describe(said.popularity),
  filter: z
    .record(z.string().min(1).max(200), z.array(z.string().min(1).max(1000)).min(1).max(1000))
    .optional()
    .describe(
      'Values by column of the catalogue: only songs that have one of them, or with "-" in front of the column none of them. Whole values; case, accents and punctuation make no difference',
    )
    .meta({ examples: [{ artist: ["Wade Tuckett", "Buck & the Tumbleweeds"], "-title": ["Dirt-Road Boots"] }] }),
};

const conditionSchema = z
  .string()
  .max(1201)
  .regex(/^-?[^:]{1,200}:[\s\S]/, "must be column:value, or -column:value");

/** The same in a query. */
export const queryOptions = {
  limit: z.coerce.number().int().min(1).max(1000).default(10).describe(said.limit),
  offset: z.coerce.number().int().min(0).max(mostOffset).default(0).describe(said.offset),
  maxPerArtist: z.coerce.number().int().min(1).max(1000).optional().describe(said.maxPerArtist),
  diversity: z.coerce.number().min(0).max(1).default(0).describe(said.diversity),
  popularity: z.coerce.number().min(-1).max(1).default(0).describe(said.popularity),
  filter: z
    .union([conditionSchema, z.array(conditionSchema).max(1000)])
    .transform(toFilter)
    .optional()
    .describe(
      "column:value of the catalogue, only songs that have it; -column:value, only songs that do not. May stand several times: of the values of one column any will do",
    ),
};

export const several = "; stands several times for several, each time with one id";
/** Songs in a query. */
export const severalSchema = z
  .union([songIdSchema.transform((songId) => [songId]), songListSchema], "must be the id of a song, up to 10,000 times")
  .optional();

function toFilter(conditions: string | readonly string[]): Record<string, string[]> {
  const byColumn = Map.groupBy([conditions].flat(), (condition) => condition.slice(0, condition.indexOf(":")));
  return Object.fromEntries(
    [...byColumn].map(([column, all]) => [column, all.map((condition) => condition.slice(column.length + 1))]),
  );
}
