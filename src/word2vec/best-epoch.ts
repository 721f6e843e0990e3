/** Storage for the vectors of the best epoch. */
export interface Snapshots {
  /** Replaces the previous snapshot. */
  save(matrices: readonly Float32Array[]): Promise<void>;
  /** Copies the last snapshot into the matrices. */
  restore(matrices: readonly Float32Array[]): Promise<void>;
}

/** Early stopping: records the validation figures, and keeps the vectors of the best epoch. */
export interface BestEpoch {
  readonly figures: readonly number[];
  /** From 1; null before the first figure. */
  readonly epoch: number | null;
  /**
   * Records the figure of an epoch.
   * @returns whether to stop: the last `patience` figures were not better than the best one
   */
  record(figure: number): Promise<boolean>;
  /** Restores the vectors of the best epoch, unless it is the last one. */
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
