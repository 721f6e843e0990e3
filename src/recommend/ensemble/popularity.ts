export interface Popularity {
  /** Share of all plays, 0 to 1. */
  share(row: number): number;
  /** Percentage of songs with as many plays or fewer, to two decimals: 100 for the most played. */
  percentile(row: number): number;
}

/** @param counts plays by row, in descending order */
export function createPopularity(counts: Uint32Array): Popularity {
  let plays = 0;
  for (let row = 0; row < counts.length; row++) plays += counts[row] ?? 0;

  /** Returns the first row with the same number of plays. */
  function firstLike(row: number): number {
    const count = counts[row] ?? 0;
    let [low, high] = [0, row];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((counts[middle] ?? 0) > count) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    share: (row) => (counts[row] ?? 0) / Math.max(plays, 1),
    percentile: (row) => Math.round((10_000 * (counts.length - firstLike(row))) / counts.length) / 100,
  };
}
