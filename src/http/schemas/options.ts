import { z } from "zod";
import { songIdSchema, songListSchema } from "./fields.ts";

const maxOffset = 10_000;
export const descriptions = {
  limit: "Maximum number of songs to return",
  offset: "Number of songs to skip, for the next page",
  maxPerArtist:
    "Maximum number of songs per artist. Unlimited if not set. Compilations are not limited: names such as " +
    '"Various Artists", and those in the setting COMPILATION_ARTISTS',

  diversity:
    "How strongly a song is ranked down for being similar to the songs ranked before it (maximal marginal " +
    "relevance): 0 (off) to 1. With diversity, items are not sorted by score",
  popularity: "Preference for popular songs: -1 (favour songs in few playlists) to 1 (favour those in many)",
  exclude: "Songs to leave out of the result",
  dislikes: "Songs whose vectors are subtracted from the query",
  candidates: "The only songs that may be returned. All songs if not set",
  minScore: "Lowest score of a returned song. No limit if not set",
  explain: "Whether each item lists the songs of the playlist that contributed to it",
};

export const versionsSchema = z
  .enum(["all", "one"])
  .default("all")
  .describe(
    "`one`: return only the best version of a song, and no version of a song of the query. Versions have " +
      'the same artist and the same title, apart from version words, as in "(Live)" or "- Remastered 2009". Other ' +
      'words and numbers count: "(Part 1, Live)" and "(Part 2, Live)" are two songs. ' +
      "`all`: return every version",
  );

const modelVersionSchema = (number: z.ZodNumber | z.ZodCoercedNumber) =>
  number
    .int()
    .min(1)
    .max(999_999_999)
    .optional()
    .describe(
      "Model version to query. Default: the active version. A version that is not in memory is loaded, which needs the " +
        "role admin; until then the response is 409 `MODEL_LOADING` with `Retry-After`",
    );

/** Options in a request body. */
export const bodyOptions = {
  limit: z.int().min(1).max(1000).default(10).describe(descriptions.limit),
  offset: z.int().min(0).max(maxOffset).default(0).describe(descriptions.offset),
  maxPerArtist: z.int().min(1).max(1000).optional().describe(descriptions.maxPerArtist),
  diversity: z.number().min(0).max(1).default(0).describe(descriptions.diversity),
  popularity: z.number().min(-1).max(1).default(0).describe(descriptions.popularity),
  filter: z
    .record(z.string().min(1).max(200), z.array(z.string().min(1).max(1000)).min(1).max(1000))
    .optional()
    .describe(
      "Filter by catalogue columns. Key: a column name; value: a list of values; a song must have " +
        "one. A key that starts with `-` excludes songs that have one of the values. Values are compared as " +
        'a whole, and case is ignored. In title and artist, accents and punctuation are ignored too: "rem" finds ' +
        '"R.E.M.". In other columns, numbers are compared as numbers: "1999" finds "1999.0"',
    )
    .meta({ examples: [{ artist: ["Wade Tuckett", "Buck & the Tumbleweeds"], "-title": ["Dirt-Road Boots"] }] }),
  modelVersion: modelVersionSchema(z.number()),
};

const conditionSchema = z
  .string()
  .max(1201)
  .regex(/^-?[^:]{1,200}:[\s\S]/, "must be column:value, or -column:value")
  .describe("`column:value` or `-column:value`");

/** The same options as query parameters. */
export const queryOptions = {
  limit: z.coerce.number().int().min(1).max(1000).default(10).describe(descriptions.limit),
  offset: z.coerce.number().int().min(0).max(maxOffset).default(0).describe(descriptions.offset),
  maxPerArtist: z.coerce.number().int().min(1).max(1000).optional().describe(descriptions.maxPerArtist),
  diversity: z.coerce.number().min(0).max(1).default(0).describe(descriptions.diversity),
  popularity: z.coerce.number().min(-1).max(1).default(0).describe(descriptions.popularity),
  filter: z
    .union([conditionSchema, z.array(conditionSchema).max(1000)])
    .transform(toFilter)
    .optional()
    .describe(
      "Filter by catalogue columns. `column:value` keeps songs with this value, `-column:value` excludes " +
        "them. Repeat the parameter for several conditions; a song needs one of the values of each column. Values " +
        "are compared as in the body of `POST /v1/recommendations`",
    ),
  modelVersion: modelVersionSchema(z.coerce.number()),
};

/** Song ids in a query parameter: one value arrives as a string, several arrive as an array. */
export const songIdsParameter = z
  .union([songIdSchema.transform((songId) => [songId]), songListSchema], "must be a song id, at most 10,000 times")
  .optional();
export const repeatHint = "Repeat the parameter for several songs; a comma is part of an id";

function toFilter(conditions: string | readonly string[]): Record<string, string[]> {
  const byColumn = Map.groupBy([conditions].flat(), (condition) => condition.slice(0, condition.indexOf(":")));
  return Object.fromEntries(
    [...byColumn].map(([column, all]) => [column, all.map((condition) => condition.slice(column.length + 1))]),
  );
}
