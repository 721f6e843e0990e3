import { startTeam } from './hogwild.ts';
import type { Hyperparameters } from './hyperparameters.ts';
import type { KernelVariant } from './kernel/kernel.ts';
import { allocate, floats, type Layout, type Plays, words } from './kernel/layout.ts';
import { prepare } from './kernel/prepare.ts';
import { createRandom } from './random.ts';
import { shuffle } from './sampling.ts';

export interface EpochReport {
  /** Epochs done, from 1. */
  readonly epoch: number;
  /** True mean loss per positive pair of this epoch, in nats. */
  readonly loss: number;
  /** Songs (plays after minCount) a second, in this epoch. */
  readonly songsPerSecond: number;
}

export interface TrainOptions {
  readonly plays: Plays;
  readonly hyperparameters: Hyperparameters;
  readonly variant: KernelVariant;
  readonly onEpoch?: (report: EpochReport) => void;
  /** Songs done of all songs × epochs, a few times a second. */
  readonly onProgress?: (songsDone: number, songsInAll: number) => void;
  readonly signal?: AbortSignal;
  /** Milliseconds, rising. */
  readonly clock?: () => number;
}

export interface Trained {
  /** [V, stride], the last stride − vectorSize of each row 0. */
  readonly input: Float32Array;
  readonly output: Float32Array;
  readonly stride: number;
  readonly lossByEpoch: readonly number[];
  readonly seconds: number;
  readonly songsPerSecond: number;
}

/**
 * Trains song vectors: skip-gram with negative sampling (Mikolov et al. 2013, arXiv 1310.4546), songs as words and
 * playlists as sentences, shuffled before each epoch.
 * @throws TRAINING_TOO_LARGE before anything is allocated, CANCELLED once the signal is aborted
 */
export async function train({ plays, hyperparameters, variant, onEpoch, onProgress, signal, clock = () => performance.now() }: TrainOptions): Promise<Trained> {
  signal?.throwIfAborted();
  const { memory, layout } = prepare(plays, hyperparameters, allocate);
  const team = await startTeam(memory, layout, hyperparameters, variant);
  const cancel = () => team.cancel();
  signal?.addEventListener('abort', cancel);
  const { epochs } = hyperparameters;
  const lossByEpoch: number[] = [];
  const report = () => onProgress?.(lossByEpoch.length * layout.plays + team.songsDone(), epochs * layout.plays);
  const timer = setInterval(report, 200);
  const started = clock();
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const begun = clock();
      shuffle(words(memory, layout.order, layout.playlists), createRandom(hyperparameters.seed, 0x0eef, epoch));
      const loss = await team.trainEpoch(epoch);
      lossByEpoch.push(loss);
      onEpoch?.({ epoch: epoch + 1, loss, songsPerSecond: (layout.plays * 1000) / (clock() - begun) });
    }
    const seconds = (clock() - started) / 1000;
    return { ...vectors(memory, layout), stride: layout.stride, lossByEpoch, seconds, songsPerSecond: (layout.plays * epochs) / seconds };
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', cancel);
    await team.close();
  }
}

function vectors(memory: WebAssembly.Memory, { input, output, songs, stride }: Layout) {
  return { input: floats(memory, input, songs * stride), output: floats(memory, output, songs * stride) };
}
