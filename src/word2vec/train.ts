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
  /** From 1. */
  readonly epoch: number;
  /** Mean loss per positive pair in this epoch, in nats. */
  readonly loss: number;
  /** Mean NDCG@10 of the held-out cases after this epoch; null: no cases. */
  readonly validation: number | null;
  /** Plays (after minCount) trained per second in this epoch, without the time of the validation. */
  readonly songsPerSecond: number;
}

export interface MemoryPlan {
  /** @returns bytes that the process uses, called once the threads are running */
  measure(): Promise<number>;
  /** Bytes that the process may use. */
  readonly limit: number;
  /** Called with the estimated peak memory in bytes, before the allocation. */
  onPlan(bytes: number): void;
}

export interface TrainOptions {
  readonly plays: Plays;
  readonly hyperparameters: Hyperparameters;
  readonly variant: KernelVariant;
  /** Copies vectors of an earlier model over the initial ones: random input vectors, and output vectors of zeros. */
  readonly warmStart?: (start: Matrices) => Promise<void>;
  /** Checks memory before the allocation; without it only the limit of WebAssembly is checked. */
  readonly memory?: MemoryPlan;
  /** Frees the plays once they are copied to shared memory. */
  readonly releasePlays?: boolean;
  /** Needed for early stopping. */
  readonly validation?: { readonly cases: readonly HeldOutCase[]; readonly snapshots: Snapshots };
  readonly onEpoch?: (report: EpochReport) => void;
  /** Called five times a second with the trained songs, of songs × epochs. */
  readonly onProgress?: (songsDone: number, songsInAll: number) => void;
  readonly signal?: AbortSignal;
  /** Monotonic clock, in milliseconds. */
  readonly clock?: () => number;
}

export interface Matrices {
  /** [V, stride]; the last stride − vectorSize values of each row are 0. */
  readonly input: Float32Array;
  readonly output: Float32Array;
  readonly stride: number;
}

export interface Trained extends Matrices {
  /** Views of the plays in shared memory. */
  readonly plays: Pick<Plays, "tokens" | "offsets">;
  readonly lossByEpoch: readonly number[];
  /** Empty if nothing was held out. */
  readonly validationByEpoch: readonly number[];
  /** Epoch of the vectors, from 1; null: the last one, because nothing was held out. */
  readonly bestEpoch: number | null;
  readonly seconds: number;
  readonly songsPerSecond: number;
}

/**
 * Trains song vectors with word2vec (Mikolov et al. 2013, arXiv 1310.4546): songs are words, and playlists are
 * sentences, shuffled before each epoch. With held-out cases, stops after `patience` epochs without improvement and
 * restores the vectors of the best epoch.
 * @throws TRAINING_TOO_LARGE before the allocation, CANCELLED once the signal is aborted
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
