import { describe, expect, it } from 'vitest';
import { resolveHyperparameters } from '../../src/word2vec/hyperparameters.ts';
import { planMemory, shapeOf } from '../../src/word2vec/kernel/layout.ts';
import { learningRate } from '../../src/word2vec/schedule.ts';
import { type EpochReport, train } from '../../src/word2vec/train.ts';
import { groupedPlaylists, toPlays } from '../helpers/plays.ts';

const plays = toPlays(groupedPlaylists({ groups: 10, size: 20, playlists: 2000, length: 8, seed: 1 }), 200);
const hyperparameters = (workers: number, epochs = 4) => resolveHyperparameters('article', { vectorSize: 48, workers, epochs });

/** Share of songs whose best output vector belongs to a song of the same group. */
function precision({ input, output, stride }: { input: Float32Array; output: Float32Array; stride: number }): number {
  let hits = 0;
  for (let a = 0; a < 200; a++) {
    let best = -Infinity;
    let found = -1;
    for (let b = 0; b < 200; b++) {
      if (a === b) continue;
      let score = 0;
      for (let d = 0; d < stride; d++) score += (input[a * stride + d] as number) * (output[b * stride + d] as number);
      if (score > best) [best, found] = [score, b];
    }
    if (Math.floor(found / 20) === Math.floor(a / 20)) hits++;
  }
  return hits / 200;
}

describe('training', () => {
  it('gives the same bytes every time with one worker and one seed', async () => {
    const [first, second, other] = await Promise.all(
      [1, 1, 2].map((seed) => train({ plays, hyperparameters: { ...hyperparameters(1, 2), seed }, variant: 'relaxed-simd' })),
    );
    expect(Buffer.from(first?.input ?? []).equals(Buffer.from(second?.input ?? []))).toBe(true);
    expect(first?.lossByEpoch).toEqual(second?.lossByEpoch);
    expect(first?.lossByEpoch).not.toEqual(other?.lossByEpoch);
  });

  it.each([1, 2])('lowers the loss from epoch to epoch and finds the groups with %i workers', async (workers) => {
    const reports: EpochReport[] = [];
    const trained = await train({ plays, hyperparameters: hyperparameters(workers), variant: 'relaxed-simd', onEpoch: (report) => reports.push(report) });
    expect(reports.map((report) => report.epoch)).toEqual([1, 2, 3, 4]);
    expect(trained.lossByEpoch).toEqual([...trained.lossByEpoch].sort((a, b) => b - a));
    expect(precision(trained)).toBeGreaterThan(0.99);
  });

  it('trains with the plain TypeScript kernel just as well', async () => {
    expect(precision(await train({ plays, hyperparameters: hyperparameters(2), variant: 'typescript' }))).toBeGreaterThan(0.99);
  });

  it('starts at a loss of 21 · log 2, before the output vectors have learned anything', async () => {
    const { lossByEpoch } = await train({ plays, hyperparameters: { ...hyperparameters(1, 1), alpha: 1e-9, minAlpha: 1e-9 }, variant: 'relaxed-simd' });
    expect(lossByEpoch[0]).toBeGreaterThan(20 * Math.LN2);
    expect(lossByEpoch[0]).toBeLessThanOrEqual(21 * Math.LN2 + 1e-6);
  });

  it('stops within a second of being cancelled', async () => {
    const controller = new AbortController();
    const running = train({ plays, hyperparameters: hyperparameters(2, 10_000), variant: 'relaxed-simd', signal: controller.signal, onEpoch: ({ epoch }) => epoch === 2 && controller.abort() });
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('refuses what does not fit into 4 GiB before anything is allocated, with the figure', () => {
    const huge = { ...shapeOf(plays), songs: 2_100_000 };
    expect(() => planMemory(huge, hyperparameters(1))).not.toThrow();
    expect(() => planMemory(huge, { ...hyperparameters(1), vectorSize: 256 })).toThrow(/needs 4\.\d GiB, the limit is 4\.0 GiB: lower vectorSize or raise minCount/);
  });
});

describe('the learning rate', () => {
  it('falls linearly from alpha to minAlpha', () => {
    const rates = [0, 50, 100, 120].map((done) => learningRate({ alpha: 0.1, minAlpha: 0.02 }, done, 100));
    expect(rates).toEqual([0.1, 0.060000000000000005, 0.020000000000000004, 0.02]);
  });
});
