export interface Popularity {
  /** The song's part of all plays, 0 to 1. */
  share(row: number): number;
  /** 100 × the part of all songs that are played as often as this one or less, to two decimals: 100 for the most played. */
  percentile(row: number): number;
}

/** @param counts plays by row, never rising */
export function createPopularity(counts: Uint32Array): Popularity {
  const percentiles = new Float64Array(counts.length);
  let plays = 0;
  let previous: number | undefined;
  let percentile = 0;
  for (const [row, count] of counts.entries()) {
    if (count !== previous) percentile = Math.round((10_000 * (counts.length - row)) / counts.length) / 100;
    percentiles[row] = percentile;
    previous = count;
    plays += count;
  }
  return {
    share: (row) => (counts[row] ?? 0) / Math.max(plays, 1),
    percentile: (row) => percentiles[row] ?? 0,
  };
}
