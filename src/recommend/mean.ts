/** A song of the query by its row; the weight of a dislike is negative. */
export interface Term {
  readonly row: number;
  readonly weight: number;
}

/** Means shorter than this share of what went into them are the rounding of vectors that cancel out. */
const nothing = 1e-6;

/**
 * The weighted mean Σ wᵢ·sᵢ·xᵢ / Σ |wᵢ| of rows, summed in double precision.
 *
 * @param matrix [V, mean.length]
 * @param scale sᵢ, by row
 * @param mean written; zero where there is no weight, or the terms cancel out
 * @returns the length of the mean
 */
export function weightedMean(matrix: Float32Array, terms: readonly Term[], scale: (row: number) => number, mean: Float32Array): number {
  const largest = terms.reduce((most, { weight }) => Math.max(most, Math.abs(weight)), 0);
  const sum = new Float64Array(mean.length);
  let weights = 0;
  let mass = 0;
  for (const { row, weight } of largest > 0 ? terms : []) {
    const share = weight / largest;
    const factor = share * scale(row);
    const start = row * mean.length;
    let squares = 0;
    for (let i = 0; i < sum.length; i++) {
      const value = factor * (matrix[start + i] ?? 0);
      sum[i] = (sum[i] ?? 0) + value;
      squares += value * value;
    }
    weights += Math.abs(share);
    mass += Math.sqrt(squares);
  }

  const length = Math.sqrt(sum.reduce((squares, value) => squares + value * value, 0));
  if (length <= nothing * mass) {
    mean.fill(0);
    return 0;
  }
  for (let i = 0; i < sum.length; i++) mean[i] = (sum[i] ?? 0) / weights;
  return length / weights;
}
