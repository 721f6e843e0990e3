import { z } from "zod";
import { aggregations } from "../../recommend/query/groups.ts";
import { strategyNames } from "../../recommend/ensemble/strategy.ts";
import {
  modelVersionField,
  songIdField,
  songIdSchema,
  songListSchema,
  unknownByField,
  unknownSongsField,
} from "./fields.ts";
import { bodyOptions, descriptions, queryOptions, repeatHint, songIdsParameter, versionsSchema } from "./options.ts";
import { problemSchema } from "./problem.ts";
import { itemSchema } from "./songs.ts";

const weightedSongSchema = z
  .strictObject({
    songId: songIdSchema,
    weight: z
      .number()
      .min(-1000)
      .max(1000)
      .default(1)
      .describe("Weight of the song in the query. A negative weight subtracts its vector"),
  })
  .describe("A song with a weight.")
  .meta({ id: "WeightedSong" });

const querySongsSchema = z
  .array(
    z.union(
      [songIdSchema, weightedSongSchema],
      'must be the id of a song as text, or {"songId": id, "weight": number}',
    ),
  )
  .min(1)
  .max(10_000);

export const recommendationRequestSchema = z
  .strictObject({
    songs: querySongsSchema
      .optional()
      .describe("Songs of the playlist: ids, or ids with weights. Set either `songs` or `groups`"),
    groups: z
      .array(querySongsSchema)
      .min(1)
      .max(10)
      .optional()
      .describe("Playlists of people who listen together. Each playlist has the same weight"),
    aggregation: z
      .enum(aggregations)
      .optional()
      .describe(
        "How to combine the scores of `groups`. `mean` (default): the mean score. `leastMisery`: the lowest score",
      ),
    dislikes: songListSchema.optional().describe(descriptions.dislikes),
    exclude: songListSchema.optional().describe(descriptions.exclude),
    candidates: songListSchema.optional().describe(descriptions.candidates),
    ...bodyOptions,
    minScore: z.number().optional().describe(descriptions.minScore),
    versions: versionsSchema,
    explain: z.boolean().default(false).describe(descriptions.explain),
    strategy: z
      .enum(strategyNames)
      .default("blend")
      .describe(
        "Ranking method. `blend`: all methods together, with weights fitted to the training playlists. " +
          "`context`: songs that the vectors predict next to these songs. `similarity`: songs with similar " +
          "vectors. `cooccurrence`: songs that co-occur with these songs. `playlists`: songs of the nearest " +
          "training playlists",
      ),
    onUnknown: z
      .enum(["ignore", "error"])
      .default("ignore")
      .describe(
        "What to do with unknown songs. `ignore`: list them in `unknownSongs`, and those of `dislikes`, `exclude` " +
          "and `candidates` in `unknown`. `error`: fail with status 422",
      ),
    repeats: z
      .enum(["exclude", "allow"])
      .default("exclude")
      .describe(
        "Whether songs of the playlist may be recommended. `allow`: they are ranked like others, by how recently and how " +
          "often they were played, and by how often the training playlists repeat them. A model of playlists without " +
          "repeats recommends none. `dislikes` and `exclude` still hold",
      ),
    fallback: z
      .enum(["popular", "none"])
      .default("popular")
      .describe("What to return if all songs are unknown. `popular`: the songs in most playlists. `none`: no songs"),
  })
  .describe("A playlist, or several, with options.")
  .meta({
    id: "RecommendationRequest",
    examples: [{ songs: ["13346", { songId: "14597", weight: 2 }], limit: 2, explain: true }],
  });
export type RecommendationRequest = z.output<typeof recommendationRequestSchema>;

/** The options of a recommendation as query parameters. */
export const playlistRecommendationsQuerySchema = z.strictObject({
  ...recommendationRequestSchema.pick({
    versions: true,
    strategy: true,
    onUnknown: true,
    fallback: true,
    repeats: true,
  }).shape,
  ...queryOptions,
  minScore: z.coerce.number().optional().describe(descriptions.minScore),
  explain: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true")
    .describe(descriptions.explain),
  dislikes: songIdsParameter.describe(`${descriptions.dislikes}. ${repeatHint}`),
  exclude: songIdsParameter.describe(`${descriptions.exclude}. ${repeatHint}`),
  candidates: songIdsParameter.describe(`${descriptions.candidates}. ${repeatHint}`),
});

const shareSchema = z.object({
  group: z.int().describe("Index of the group in the request, from 0"),
  score: z.number().describe("ln(n / rank), with the rank of the song for this group among n candidates"),
  share: z
    .number()
    .describe("Share of the group in the choice of the song, proportional to 1 / rank. Shares add up to 1"),
});

const recommendedSchema = itemSchema
  .extend({
    playedAgo: z
      .int()
      .optional()
      .describe(
        "The song was played this many songs ago: 1 for the last song of the playlist, of groups the smallest number. " +
          "Only for repeats",
      ),
    groups: z.array(shareSchema).optional().describe("Score of the song for each group with a known song"),
    because: z
      .array(
        z.object({
          songId: songIdField,
          share: z.number().describe("Contribution of this song to the score of the item. Shares add up to 1"),
          playlists: z
            .int()
            .describe(
              "Number of training playlists with both songs; 0 for the item itself. For a cold-start song, playlists " +
                "with a song that represents it",
            ),
          playedAgo: z.int().optional().describe("`playedAgo` of the item. Only if the song is the item itself"),
          text: z.string().optional().describe("The same in words, such as `played 3 songs ago`"),
        }),
      )
      .optional()
      .describe(
        "Songs of the playlist that contributed to the item: at most ten, largest share first. For a repeat, the song " +
          "itself is one of them. Empty if the items are popular songs",
      ),
  })
  .meta({ id: "RecommendedItem" });

const items = [
  {
    songId: "11162",
    score: 1.055959,
    title: "Back-Porch Tractor",
    artist: "Travis Calloway Creek",
    because: [
      { songId: "13346", share: 0.5351, playlists: 211 },
      { songId: "14597", share: 0.4649, playlists: 3 },
    ],
  },
  {
    songId: "12461",
    score: 1.046105,
    title: "Cowboy Pickup",
    artist: "Buck Prairie",
    because: [
      { songId: "13346", share: 0.5467, playlists: 190 },
      { songId: "14597", share: 0.4533, playlists: 2 },
    ],
  },
];

export const recommendationsSchema = z
  .object({
    modelVersion: modelVersionField,
    strategy: z.enum(strategyNames).describe("Strategy of the request"),
    items: z.array(recommendedSchema).describe("Recommended songs, best first"),
    unknownSongs: unknownSongsField.describe(
      "Songs of the request that the model does not know, as in the request. " +
        "A song with an artist fallback is not listed",
    ),
    unknown: unknownByField("dislikes", "exclude", "candidates"),
    borrowed: z
      .array(z.object({ songId: songIdField, artist: z.string().describe("Artist, from the catalogue") }))
      .optional()
      .describe(
        "Songs with an artist fallback: the model does not know them, so known songs of the same artist " +
          "represent them. Absent if there are none",
      ),
    fallback: z
      .enum(["popular", "context", "similarity"])
      .nullable()
      .describe(
        "Replacement for the strategy; null if there is none. `popular`: all songs of the request are " +
          "unknown. `context`, `similarity`: the model was imported without the data that the strategy needs",
      ),
  })
  .describe("Recommended songs, best first.")
  .meta({
    id: "Recommendations",
    examples: [{ modelVersion: 1, strategy: "blend", items, unknownSongs: [], fallback: null }],
  });

const request = { songs: ["13346", { songId: "14597", weight: 2 }], limit: 2, explain: true };

export const batchRequestSchema = z
  .strictObject({
    requests: z
      .array(z.unknown().meta({ $ref: "#/components/schemas/RecommendationRequestInput" }))
      .min(1)
      .max(100)
      .describe(
        "Requests, each as the body of `POST /v1/recommendations`. An invalid request does not affect the others",
      ),
  })
  .describe("Several requests for recommendations.")
  .meta({ id: "BatchRequest", examples: [{ requests: [request, { ...request, strategy: "similarity" }] }] });

export const batchSchema = z
  .object({
    results: z
      .array(z.union([recommendationsSchema, problemSchema]))
      .describe("Recommendations or a problem for each request, in the order of the requests"),
  })
  .describe("Results of several requests.")
  .meta({
    id: "Batch",
    examples: [
      {
        results: [
          { modelVersion: 1, strategy: "blend", items, unknownSongs: [], fallback: null },
          {
            type: "urn:song2vec:problem:validation-failed",
            title: "Bad Request",
            status: 400,
            code: "VALIDATION_FAILED",
            detail: "Invalid request. See `errors` for each field.",
            errors: [{ path: "limit", message: "Too big: expected number to be <=1000" }],
          },
        ],
      },
    ],
  });
