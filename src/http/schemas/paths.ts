import { z } from 'zod';
import { provisionalSchema, songIdSchema } from './options.ts';

export const pathParamsSchema = z.object({ songId: songIdSchema.meta({ examples: ['10496'] }), otherId: songIdSchema.meta({ examples: ['12874'] }) });

export const pathQuerySchema = z.strictObject({ length: z.coerce.number().int().min(1).max(20).default(5).describe('How many songs to find between the two') });

const stepSchema = z.object({
  songId: z.string(),
  cosine: z.number().nullable().describe('With the song before it; null for the first'),
  title: z.string().optional(),
  artist: z.string().optional(),
  provisional: provisionalSchema,
});

export const pathSchema = z
  .object({
    modelVersion: z.int(),
    items: z.array(stepSchema).describe('Both ends and what is between them, no song twice; the song alone where they are the same'),
    direct: z.number().describe('The cosine of the two ends'),
    weakest: z.number().describe('The lowest cosine of a step'),
  })
  .meta({
    id: 'SongPath',
    examples: [{
      modelVersion: 1, direct: 0.11, weakest: 0.52,
      items: [{ songId: '10496', cosine: null, title: 'Paper Lantern', artist: 'Harbour Lights' }, { songId: '10077', cosine: 0.52, title: 'Tin Roof', artist: 'The Low Tides' }, { songId: '12874', cosine: 0.57 }],
    }],
  });
