import { createBestEpoch, type Snapshots } from "./best-epoch.ts";
import { startWorkers, type WorkerPool } from "./hogwild.ts";
import type { Hyperparameters } from "./hyperparameters.ts";
import type { KernelVariant } from "./kernel/kernel.ts";
import { allocate, float32View, type Layout, type Plays, uint32View } from "./kernel/layout.ts";
import { estimateBytes } from "./kernel/plan.ts";
import { prepare } from "./kernel/prepare.ts";
import { createRandom, shuffle } from "./random.ts";
import { release } from "./release.ts";
import type { HeldOutCase } from "./validation.ts";

export interface EpochReport {
  /** Epochs done, from 1. */
  readonly epoch: number;
  /** True mean loss per positive pair of this epoch, in nats. */
  readonly loss: number;
  /** Mean NDCG@10 of the held-out cases after this epoch; null without any. */
  readonly validation: number | null;
  /** Songs (plays after minCount) a second, in this epoch; validation not counted. */
  readonly songsPerSecond: number;
}

export interface MemoryPlan {
  /** Bytes that the process holds and keeps; asked when its threads are running. */
  measure(): Promise<number>;
  /** Bytes that it may hold. */
  readonly limit: number;
  /** Told the most bytes that it will hold. */
  onPlan(bytes: number): void;
}

export interface TrainOptions {
  readonly plays: Plays;
  readonly hyperparameters: Hyperparameters;
  readonly variant: KernelVariant;
  /** Puts vectors that are there already into their rows; the others start at random, their output vectors at zero. */
  readonly warmStart?: (start: Matrices) => Promise<void>;
  /** Plans memory before any is allocated; without it only what WebAssembly can address is looked at. */
  readonly memory?: MemoryPlan;
  /** Frees the plays once they are laid out: nobody else needs them. */
  readonly releasePlays?: boolean;
  /** What `patience` needs; without it, or without a case, all epochs are trained. */
  readonly validation?: { readonly cases: readonly HeldOutCase[]; readonly snapshots: Snapshots };
  readonly onEpoch?: (report: EpochReport) => void;
  /** Songs done of all songs × epochs, a few times a second. */
  readonly onProgress?: (songsDone: number, songsInAll: number) => void;
  readonly signal?: AbortSignal;
  /** Milliseconds, rising. */
  readonly clock?: () => number;
}

export interface Matrices {
  /** [V, stride], the last stride − vectorSize of each row 0. */
  readonly input: Float32Array;
  readonly output: Float32Array;
  readonly stride: number;
}

export interface Trained extends Matrices {
  /** The plays, where they were laid out. */
  readonly plays: Pick<Plays, "tokens" | "offsets">;
  readonly lossByEpoch: readonly number[];
  /** Empty where nothing was held out. */
  readonly validationByEpoch: readonly number[];
  /** The epoch that the vectors are of, from 1; null where nothing was held out: they are of the last. */
  readonly bestEpoch: number | null;
  readonly seconds: number;
  readonly songsPerSecond: number;
}

/**
 * Trains song vectors: skip-gram with negative sampling (Mikolov et al. 2013, arXiv 1310.4546), songs as words and
 * playlists as sentences, shuffled before each epoch. With held-out cases it stops once `patience` epochs in a row were
 * no better than the best one, and gives back the vectors of that.
 * @throws TRAINING_TOO_LARGE before anything is allocated, CANCELLED once the signal is aborted
 */
export async function train(options: TrainOptions): Promise<Trained> {
  options.signal?.throwIfAborted();
  const pool = await startWorkers(options.hyperparameters.workers);
  try {
    return await trainOn(pool, options);
  } finally {
    await pool.close();
  }
}

async function trainOn(pool: WorkerPool, options: TrainOptions): Promise<Trained> {
  const {
    hyperparameters,
    variant,
    validation,
    onEpoch,
    onProgress,
    signal,
    clock = () => performance.now(),
  } = options;
  const { epochs, patience, seed } = hyperparameters;
  const cases = patience > 0 ? (validation?.cases ?? []) : [];
  const { memory, layout } = await layOut(options, cases.length);
  const matrices = matricesOf(memory, layout);
  await options.warmStart?.(matrices);
  const best =
    validation && cases.length > 0
      ? createBestEpoch(hyperparameters, [matrices.input, matrices.output], validation.snapshots)
      : undefined;
  const trainer = await pool.createTrainer({ memory, layout, hyperparameters, variant, cases });
  const cancel = () => trainer.cancel();
  signal?.addEventListener("abort", cancel);
  const lossByEpoch: number[] = [];
  const report = () => onProgress?.(lossByEpoch.length * layout.plays + trainer.songsDone(), epochs * layout.plays);
  const timer = setInterval(report, 200);
  const started = clock();

  async function trainEpoch(epoch: number): Promise<EpochReport> {
    const begun = clock();
    shuffle(uint32View(memory, layout.order, layout.playlists), createRandom(seed, 0x0eef, epoch));
    const loss = await trainer.trainEpoch(epoch);
    lossByEpoch.push(loss);
    const songsPerSecond = (layout.plays * 1000) / (clock() - begun);
    return { epoch: epoch + 1, loss, validation: best ? await trainer.validate() : null, songsPerSecond };
  }

  try {
    for (let epoch = 0, over = false; epoch < epochs && !over; epoch++) {
      const done = await trainEpoch(epoch);
      onEpoch?.(done);
      over = done.validation !== null && best !== undefined && (await best.record(done.validation));
    }
    await best?.restore();
    const seconds = (clock() - started) / 1000;
    const songsPerSecond = (layout.plays * lossByEpoch.length) / seconds;
    const plays = {
      tokens: uint32View(memory, layout.tokens, layout.plays),
      offsets: uint32View(memory, layout.offsets, layout.playlists + 1),
    };
    return {
      ...matrices,
      plays,
      lossByEpoch,
      validationByEpoch: best?.figures ?? [],
      bestEpoch: best?.epoch ?? null,
      seconds,
      songsPerSecond,
    };
  } finally {
    clearInterval(timer);
    signal?.removeEventListener("abort", cancel);
  }
}

async function layOut(
  { plays, hyperparameters, memory: plan, releasePlays }: TrainOptions,
  cases: number,
): Promise<{ memory: WebAssembly.Memory; layout: Layout }> {
  const released = releasePlays ? plays.tokens.byteLength + plays.offsets.byteLength : 0;
  const budget = plan && { usedBytes: (await plan.measure()) - released, limit: plan.limit };
  const laidOut = prepare(plays, hyperparameters, allocateAsPlanned, { cases, ...(budget && { budget }) });
  if (releasePlays) release(plays.tokens, plays.offsets);
  return laidOut;

  function allocateAsPlanned(layout: Layout): WebAssembly.Memory {
    if (budget) plan?.onPlan(estimateBytes(layout, hyperparameters, budget));
    return allocate(layout);
  }
}

function matricesOf(memory: WebAssembly.Memory, { input, output, songs, stride }: Layout): Matrices {
  return {
    input: float32View(memory, input, songs * stride),
    output: float32View(memory, output, songs * stride),
    stride,
  };
}
