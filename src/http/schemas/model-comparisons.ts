import { z } from 'zod';
import { comparisonSchema } from '../../evaluate/compare.ts';
import { versionSchema } from './model-exports.ts';

export const comparisonParamsSchema = z.object({ version: versionSchema, other: versionSchema });

export const comparisonQuerySchema = z.strictObject({
  songs: z.coerce.number().int().min(1).max(5000).default(1000).describe('How many of the most played songs to look at'),
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('How many movers, songs gained and songs lost to name'),
});

const figures = { createdAt: '2026-11-23T10:00:09.000Z', trainedBy: 'song2vec 0.1.0', songs: 5000, plays: 199_000, vectorSize: 256, epochs: 5, loss: 3.1, validation: 0.11, evaluation: { cases: 300, methods: [{ method: 'blend', hitRate10: 0.41, ndcg10: 0.13, ndcg10Interval: [0.11, 0.15] as [number, number], recall100: 0.38, coverage: 0.21 }] } };
const [ferry, roof, lantern] = [
  { songId: '12874', count: 640, title: 'Slow Ferry', artist: 'Harbour Lights' },
  { songId: '10077', count: 912, title: 'Tin Roof', artist: 'The Low Tides' },
  { songId: '10496', count: 1311, title: 'Paper Lantern', artist: 'Harbour Lights' },
];

export const modelComparisonSchema = comparisonSchema.meta({
  id: 'ModelComparison',
  examples: [
    {
      a: { version: 1, ...figures },
      b: { version: 2, ...figures, loss: 3, validation: 0.12 },
      songs: { both: 4999, gained: 1, lost: 1, mostPlayedGained: [ferry], mostPlayedLost: [roof] },
      neighbours: { songs: 2, at: 10, meanOverlap: 0.75, songsByKept: [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], biggestMovers: [{ ...lantern, overlap: 0.5, before: [roof], after: [ferry] }] },
    },
  ],
});
