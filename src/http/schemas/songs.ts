import { z } from 'zod';
import { strategyNames } from '../../recommend/recommender.ts';

export const songIdSchema = z.string().min(1).max(1000).describe('The id of a song, as in the playlists');
/** As `limitSchema`, from the text of a query. */
export const limitQuerySchema = z.coerce.number().int().min(1).max(1000).default(10).describe('How many songs to answer');
export const limitSchema = z.int().min(1).max(1000).describe('How many songs to answer');

export const songParamsSchema = z.object({ songId: songIdSchema.meta({ examples: ['10496'] }) });

export const songSchema = z
  .object({
    songId: z.string(),
    count: z.int().describe('Plays in the training playlists'),
    popularityPercentile: z.number().describe('Percentage of songs that are played as often or less: 100 for the most played'),
    title: z.string().optional(),
    artist: z.string().optional(),
  })
  .meta({ id: 'Song', examples: [{ songId: '10496', count: 1311, popularityPercentile: 100, title: 'Paper Lantern', artist: 'Harbour Lights' }] });

export const itemSchema = z
  .object({
    songId: z.string(),
    score: z.number().describe('similarity: a cosine; context: a dot product or the logarithm of a probability; popular: the share of all plays; else a weighted sum'),
    title: z.string().optional(),
    artist: z.string().optional(),
  })
  .meta({ id: 'Item' });

const items = [
  { songId: '12874', score: 0.871204, title: 'Slow Ferry', artist: 'Harbour Lights' },
  { songId: '10077', score: 0.860313, title: 'Tin Roof', artist: 'The Low Tides' },
];

export const similarQuerySchema = z.strictObject({
  limit: limitQuerySchema,
  offset: z.coerce.number().int().min(0).max(10_000).default(0).describe('How many of the best to leave out, for the next page'),
  minScore: z.coerce.number().min(-1).max(1).optional().describe('The lowest cosine to answer'),
  exclude: z
    .union([songIdSchema.transform((songId) => [songId]), z.array(songIdSchema).max(10_000)])
    .optional()
    .describe('Songs not to answer; may stand several times'),
});

export const similarSchema = z
  .object({ modelVersion: z.int(), songId: z.string(), items: z.array(itemSchema) })
  .meta({ id: 'SimilarSongs', examples: [{ modelVersion: 1, songId: '10496', items }] });

const songListSchema = z.array(songIdSchema).max(10_000);

export const recommendationRequestSchema = z
  .strictObject({
    songs: z
      .array(z.union([songIdSchema, z.strictObject({ songId: songIdSchema, weight: z.number().min(-1000).max(1000).default(1) })]))
      .min(1)
      .max(10_000)
      .describe('The playlist: ids, or ids with weights'),
    dislikes: songListSchema.optional().describe('Songs whose vectors are subtracted'),
    exclude: songListSchema.optional().describe('Songs not to answer'),
    limit: limitSchema.default(10),
    strategy: z.enum(strategyNames).default('blend').describe('blend: all that playlists and vectors say, weighted as fits these playlists best; context: what the vectors predict; similarity: what is like these songs; cooccurrence: what is played near them; playlists: what is in the playlists nearest to this one'),
    onUnknown: z.enum(['ignore', 'error']).default('ignore').describe('What becomes of songs that the model does not know'),
    fallback: z.enum(['popular', 'none']).default('popular').describe('What to answer where the model knows none of the songs'),
  })
  .meta({ id: 'RecommendationRequest', examples: [{ songs: ['10496', { songId: '12874', weight: 2 }], limit: 2 }] });

const severalSchema = z.union([songIdSchema.transform((songId) => [songId]), songListSchema]).optional();

/** The options of a recommendation, as far as they fit into a query. */
export const playlistRecommendationsQuerySchema = z.strictObject({
  ...recommendationRequestSchema.pick({ strategy: true, onUnknown: true, fallback: true }).shape,
  limit: limitQuerySchema,
  dislikes: severalSchema.describe('Songs whose vectors are subtracted; may stand several times'),
  exclude: severalSchema.describe('Songs not to answer; may stand several times'),
});

export const recommendationsSchema = z
  .object({
    modelVersion: z.int(),
    strategy: z.enum(strategyNames),
    items: z.array(itemSchema),
    unknownSongs: z.array(z.string()),
    fallback: z.enum(['popular', 'context', 'similarity']).nullable().describe('What the items are instead: popular songs where the model knows none of these; context or similarity where the strategy needs playlists or output vectors and the model, an imported one, has none'),
  })
  .meta({ id: 'Recommendations', examples: [{ modelVersion: 1, strategy: 'blend', items, unknownSongs: [], fallback: null }] });
