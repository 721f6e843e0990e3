/** Where the vectors of the best epoch wait; there is one at a time. */
export interface Snapshots {
  save(matrices: readonly Float32Array[]): Promise<void>;
  /** Fills them with what was saved last. */
  restore(matrices: readonly Float32Array[]): Promise<void>;
}

/** Early stopping: follows the validation figures, and keeps the vectors of the epoch that has the best one. */
export interface BestEpoch {
  readonly figures: readonly number[];
  /** From 1; null before the first figure. */
  readonly epoch: number | null;
  /** Takes an epoch's figure; whether training is over, since `patience` figures in a row were no better than the best. */
  record(figure: number): Promise<boolean>;
  /** Gives the vectors of the best epoch back, where a later one has been trained since. */
  restore(): Promise<void>;
}

export function createBestEpoch(
  { patience, epochs }: { patience: number; epochs: number },
  matrices: readonly Float32Array[],
  snapshots: Snapshots,
): BestEpoch {
  const figures: number[] = [];
  let best = { epoch: 0, figure: -Infinity };
  return {
    figures,
    get epoch() {
      return figures.length === 0 ? null : best.epoch;
    },
    async record(figure) {
      figures.push(figure);
      if (figure <= best.figure) return figures.length - best.epoch >= patience;
      best = { epoch: figures.length, figure };
      if (best.epoch < epochs) await snapshots.save(matrices);
      return false;
    },
    async restore() {
      if (best.epoch < figures.length) await snapshots.restore(matrices);
    },
  };
}
