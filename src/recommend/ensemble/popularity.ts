export interface Popularity {
  /** The song's part of all plays, 0 to 1. */
  share(row: number): number;
  /** 100 × the part of all songs that are played as often as this one or less, to two decimals: 100 for the most played. */
  percentile(row: number): number;
}

/** @param counts plays by row, never rising */
export function createPopularity(counts: Uint32Array): Popularity {
  let plays = 0;
  for (let row = 0; row < counts.length; row++) plays += counts[row] ?? 0;

  /** The first song that is played as often as this one. */
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
