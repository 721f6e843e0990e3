import { z } from 'zod';
import { provisionalSchema, queryOptions, severalSchema, songIdSchema, versionsSchema } from './options.ts';

export const songParamsSchema = z.object({ songId: songIdSchema.meta({ examples: ['10496'] }) });

export const songSchema = z
  .object({
    songId: z.string(),
    count: z.int().describe('Plays in the training playlists'),
    popularityPercentile: z.number().describe('Percentage of songs that are played as often or less: 100 for the most played'),
    title: z.string().optional(),
    artist: z.string().optional(),
    provisional: provisionalSchema,
    columns: z.record(z.string(), z.string()).optional().describe('What the further columns of the catalogue say'),
  })
  .meta({ id: 'Song', examples: [{ songId: '10496', count: 1311, popularityPercentile: 100, title: 'Paper Lantern', artist: 'Harbour Lights' }] });

export const itemSchema = z
  .object({
    songId: z.string(),
    score: z.number().describe('similarity: a cosine; context: a dot product or the logarithm of a probability; popular: the share of all plays; else a weighted sum'),
    title: z.string().optional(),
    artist: z.string().optional(),
    provisional: provisionalSchema,
  })
  .meta({ id: 'Item' });

const items = [
  { songId: '12874', score: 0.871204, title: 'Slow Ferry', artist: 'Harbour Lights' },
  { songId: '10077', score: 0.860313, title: 'Tin Roof', artist: 'The Low Tides' },
];

const { popularity: _, ...similarOptions } = queryOptions;

export const similarQuerySchema = z.strictObject({
  ...similarOptions,
  minScore: z.coerce.number().min(-1).max(1).optional().describe('The lowest cosine to answer'),
  versions: versionsSchema,
  exclude: severalSchema.describe('Songs not to answer; may stand several times'),
});

export const similarSchema = z
  .object({ modelVersion: z.int(), songId: z.string(), items: z.array(itemSchema) })
  .meta({ id: 'SimilarSongs', examples: [{ modelVersion: 1, songId: '10496', items }] });
