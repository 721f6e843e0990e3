import type { SongPopularity } from "../../model/memory/popularity.ts";

export interface Popularity extends SongPopularity {
  /** Share of the sum of all songs, 0 to 1. */
  share(row: number): number;
  /** Percentage of songs that are as popular or less, to two decimals: 100 for the most popular. */
  percentile(row: number): number;
}

export function createPopularity({ counts, order }: SongPopularity): Popularity {
  const sum = counts.reduce((total, count) => total + count, 0);

  /** Returns the first rank with the same popularity. */
  function firstLike(count: number): number {
    let [low, high] = [0, order.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((counts[order[middle] as number] as number) > count) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    order,
    counts,
    share: (row) => (counts[row] ?? 0) / Math.max(sum, 1),
    percentile: (row) => Math.round((10_000 * (counts.length - firstLike(counts[row] ?? 0))) / counts.length) / 100,
  };
}
