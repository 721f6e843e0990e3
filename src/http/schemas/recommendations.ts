import { z } from "zod";
import { aggregations } from "../../recommend/query/groups.ts";
import { strategyNames } from "../../recommend/ensemble/strategy.ts";
import {
  bodyOptions,
  queryOptions,
  several,
  severalSchema,
  songIdSchema,
  songListSchema,
  versionsSchema,
} from "./options.ts";
import { problemSchema } from "./problem.ts";
import { itemSchema } from "./songs.ts";

const explained = "Whether to say which songs of the playlist brought each item";

const askedSchema = z
  .array(
    z.union(
      [songIdSchema, z.strictObject({ songId: songIdSchema, weight: z.number().min(-1000).max(1000).default(1) })],
      'must be the id of a song as text, or {"songId": id, "weight": number}',
    ),
  )
  .min(1)
  .max(10_000);

export const recommendationRequestSchema = z
  .strictObject({
    songs: askedSchema.optional().describe("The playlist: ids, or ids with weights. Either songs or groups"),
    groups: z
      .array(askedSchema)
      .min(1)
      .max(10)
      .optional()
      .describe("Several playlists, for people who listen together: each has the same say"),
    aggregation: z
      .enum(aggregations)
      .optional()
      .describe(
        "What counts of the groups: mean, the default, or leastMisery: what a song is to the group that likes it least",
      ),
    dislikes: songListSchema.optional().describe("Songs whose vectors are subtracted"),
    exclude: songListSchema.optional().describe("Songs not to answer"),
    candidates: songListSchema.optional().describe("The only songs to answer"),
    ...bodyOptions,
    limit: bodyOptions.limit.default(10),
    minScore: z.number().optional().describe("The lowest score to answer"),
    versions: versionsSchema,
    explain: z.boolean().default(false).describe(explained),
    strategy: z
      .enum(strategyNames)
      .default("blend")
      .describe(
        "blend: all that playlists and vectors say, weighted as fits these playlists best; context: what the vectors predict; similarity: what is like these songs; cooccurrence: what is played near them; playlists: what is in the playlists nearest to this one",
      ),
    onUnknown: z
      .enum(["ignore", "error"])
      .default("ignore")
      .describe("What becomes of songs that the model does not know"),
    fallback: z
      .enum(["popular", "none"])
      .default("popular")
      .describe("What to answer where the model knows none of the songs"),
  })
  .meta({
    id: "RecommendationRequest",
    examples: [{ songs: ["13346", { songId: "14597", weight: 2 }], limit: 2, explain: true }],
  });
export type RecommendationRequest = z.output<typeof recommendationRequestSchema>;

/** The options of a recommendation, as far as they fit into a query. */
export const playlistRecommendationsQuerySchema = z.strictObject({
  ...recommendationRequestSchema.pick({ versions: true, strategy: true, onUnknown: true, fallback: true }).shape,
  ...queryOptions,
  minScore: z.coerce.number().optional().describe("The lowest score to answer"),
  explain: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true")
    .describe(explained),
  dislikes: severalSchema.describe(`Songs whose vectors are subtracted${several}`),
  exclude: severalSchema.describe(`Songs not to answer${several}`),
  candidates: severalSchema.describe(`The only songs to answer${several}`),
});

const shareSchema = z.object({
  group: z.int().describe("Its place among the groups, from 0"),
  score: z.number().describe("ln(n / place): the place that it has for this group among the n songs that are weighed"),
  share: z.number().describe("How much the song is for this group, by 1 / place: shares add up to 1"),
});

const recommendedSchema = itemSchema
  .extend({
    groups: z.array(shareSchema).optional().describe("What the song is to each group of which a song is known"),
    because: z
      .array(
        z.object({
          songId: z.string(),
          share: z.number().describe("How much of what speaks for the item comes from this song; they add up to 1"),
          playlists: z
            .int()
            .describe(
              "Training playlists that play both; of a song that others stand for, one of these, but never the same song for both",
            ),
        }),
      )
      .optional()
      .describe(
        "Up to ten songs of the playlist that brought it, the one with the largest share first; none where the items are popular songs instead",
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
    modelVersion: z.int(),
    strategy: z.enum(strategyNames),
    items: z.array(recommendedSchema),
    unknownSongs: z.array(z.string()),
    borrowed: z
      .array(z.object({ songId: z.string(), artist: z.string() }))
      .optional()
      .describe(
        "Songs that the model does not know, but that the catalogue has, by an artist whose songs it knows: these stand for them. Absent where there are none",
      ),
    fallback: z
      .enum(["popular", "context", "similarity"])
      .nullable()
      .describe(
        "What the items are instead: popular songs where the model knows none of these; context or similarity where the strategy needs playlists or output vectors and the model, an imported one, has none",
      ),
  })
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
        "Each as the body of POST /v1/recommendations; one that does not fit is answered with its problem, and the others all the same",
      ),
  })
  .meta({ id: "BatchRequest", examples: [{ requests: [request, { ...request, strategy: "similarity" }] }] });

export const batchSchema = z
  .object({
    results: z.array(z.union([recommendationsSchema, problemSchema])).describe("In the order of the requests"),
  })
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
            detail: "The request does not fit the schema.",
            errors: [{ path: "limit", message: "Too big: expected number to be <=1000" }],
          },
        ],
      },
    ],
  });
