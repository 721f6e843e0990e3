import { join } from 'node:path';
import { z } from 'zod';
import { readCatalogue } from '../corpus/catalogue.ts';
import { type Corpus, readCorpus } from '../corpus/corpus.ts';
import { holdOut } from '../corpus/holdout.ts';
import { ingestReportSchema } from '../corpus/playlists.ts';
import { createRandom } from '../corpus/random.ts';
import { writeModel } from '../model/model.ts';
import { openTransfer } from '../model/transfer.ts';
import { type Hyperparameters, hyperparametersSchema } from '../word2vec/hyperparameters.ts';
import { kernelVariants } from '../word2vec/kernel/kernel.ts';
import { chooseKernel } from '../word2vec/kernel/self-test.ts';
import { type Matrices, train, type Trained } from '../word2vec/train.ts';
import { createSnapshotFile } from './snapshot-file.ts';

/** Where the playlists come from and how they are read; the same for every training of a service. */
export const playlistSourceSchema = z.object({
  playlists: z.array(z.string()).min(1),
  catalogue: z.string().optional(),
  playlistColumn: z.string(),
  songColumn: z.string(),
  songIds: z.enum(['numbers', 'text']),
});
export type PlaylistSource = z.infer<typeof playlistSourceSchema>;

/** All that a trainer process is told. */
export const trainingTaskSchema = z.object({
  source: playlistSourceSchema,
  hyperparameters: hyperparametersSchema,
  kernels: z.array(z.enum(kernelVariants)).optional().describe('Candidates, for measurements; all by default'),
  warmStart: z.object({ version: z.int(), folder: z.string() }).nullable().describe('The version that training starts from, and where it lies'),
  staging: z.string().describe('Folder that the model is written to'),
  trainedBy: z.string(),
  sample: z.boolean().describe('Whether the playlists are the made-up sample'),
});
export type TrainingTask = z.infer<typeof trainingTaskSchema>;

const epochReportSchema = z.object({ epoch: z.int(), loss: z.number(), validation: z.number().nullable(), songsPerSecond: z.number() });

export const trainingSummarySchema = z.object({
  songs: z.int(),
  plays: z.int(),
  playlists: z.int(),
  epochs: z.int(),
  seconds: z.number(),
  songsPerSecond: z.number(),
  lossByEpoch: z.array(z.number()),
  validationByEpoch: z.array(z.number()),
  bestEpoch: z.int().nullable(),
  warmStart: z.int().nullable(),
  kernel: z.string(),
  peakMemoryMB: z.number(),
});
export type TrainingSummary = z.infer<typeof trainingSummarySchema>;

/** What a training tells while it runs, in this order. */
export const trainingEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('corpus'), report: ingestReportSchema }),
  z.object({ type: z.literal('kernel'), kernel: z.enum(kernelVariants), refused: z.array(z.object({ variant: z.enum(kernelVariants), reason: z.string() })) }),
  z.object({ type: z.literal('warmStart'), version: z.int(), known: z.int(), songs: z.int() }),
  z.object({ type: z.literal('progress'), songsDone: z.number(), songsInAll: z.number() }),
  z.object({ type: z.literal('epoch'), ...epochReportSchema.shape }),
  z.object({ type: z.literal('writing') }),
  z.object({ type: z.literal('trained'), summary: trainingSummarySchema }),
  z.object({ type: z.literal('failed'), code: z.string(), message: z.string() }),
]);
export type TrainingEvent = z.infer<typeof trainingEventSchema>;

/**
 * From playlists to a model version in `staging`: read, train, write.
 * @throws whatever reading the playlists or training them throws
 */
export async function runPipeline(task: TrainingTask, tell: (event: TrainingEvent) => void): Promise<void> {
  const { source, hyperparameters, kernels, warmStart, staging, trainedBy, sample } = task;
  const { minCount, maxVocabulary, minPlaylistLength } = hyperparameters;
  const corpus = await readCorpus({ ...source, sources: source.playlists, minCount, maxVocabulary, minPlaylistLength, standardInput: process.stdin });
  const details = source.catalogue === undefined ? undefined : await readCatalogue({ ...source, source: source.catalogue });
  tell({ type: 'corpus', report: corpus.report });

  const start = warmStart ? await startFrom(warmStart, corpus.vocabulary.ids, hyperparameters, tell) : undefined;
  const { variant, refused } = await chooseKernel(hyperparameters, kernels);
  tell({ type: 'kernel', kernel: variant, refused: [...refused] });
  const all = { tokens: corpus.tokens, offsets: corpus.offsets, counts: corpus.vocabulary.counts };
  const { plays, cases } = hyperparameters.patience > 0 ? holdOut(all, createRandom(hyperparameters.seed)) : { plays: all, cases: [] };
  const snapshots = createSnapshotFile(join(staging, 'best-epoch'));
  const trained = await train({
    plays,
    hyperparameters,
    variant,
    ...(start && { warmStart: start }),
    validation: { cases, snapshots },
    onEpoch: (report) => tell({ type: 'epoch', ...report }),
    onProgress: (songsDone, songsInAll) => tell({ type: 'progress', songsDone, songsInAll }),
  });

  tell({ type: 'writing' });
  await snapshots.remove();
  await writeVersion();
  tell({ type: 'trained', summary: summarise(corpus, trained, variant, warmStart?.version ?? null) });

  async function writeVersion(): Promise<void> {
    const { ids, counts } = corpus.vocabulary;
    const { input, output, stride, lossByEpoch, validationByEpoch, bestEpoch, seconds, songsPerSecond } = trained;
    const { vectorSize } = hyperparameters;
    await writeModel(staging, {
      manifest: {
        formatVersion: 1, createdAt: new Date().toISOString(), trainedBy, sample, kernel: variant, hyperparameters, data: corpus.report,
        songs: ids.length, plays: corpus.tokens.length, vectorSize,
        lossByEpoch: [...lossByEpoch], validationByEpoch: [...validationByEpoch], bestEpoch, warmStart: warmStart?.version ?? null, seconds, songsPerSecond,
      },
      songs: ids.values().map((id, row) => ({ id, count: counts[row] ?? 0, ...details?.get(id) })),
      input, output, vectorSize, stride,
    });
  }
}

/** Output vectors are not taken over from or to hierarchical softmax: there they are of nodes of a tree, not of songs. */
async function startFrom({ version, folder }: NonNullable<TrainingTask['warmStart']>, ids: readonly string[], { hs }: Hyperparameters, tell: (event: TrainingEvent) => void) {
  const transfer = await openTransfer(folder, ids);
  tell({ type: 'warmStart', version, known: transfer.known, songs: ids.length });
  const ofSongs = !hs && transfer.manifest.hyperparameters['hs'] !== true;
  return ({ input, output, stride }: Matrices) => transfer.copy({ input, output: ofSongs ? output : null, stride });
}

function summarise(corpus: Corpus, { lossByEpoch, validationByEpoch, bestEpoch, seconds, songsPerSecond }: Trained, kernel: string, warmStart: number | null): TrainingSummary {
  return {
    songs: corpus.vocabulary.ids.length,
    plays: corpus.tokens.length,
    playlists: corpus.offsets.length - 1,
    epochs: lossByEpoch.length,
    seconds,
    songsPerSecond,
    lossByEpoch: [...lossByEpoch],
    validationByEpoch: [...validationByEpoch],
    bestEpoch,
    warmStart,
    kernel,
    peakMemoryMB: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}
