import type { ModelMemory } from "../../model/memory/layout.ts";

type Vectors = Pick<ModelMemory, "stride" | "input" | "quantised" | "inverseNorms">;

/** A song of a query. The weight of a dislike is negative. */
export interface Term {
  readonly row: number;
  readonly weight: number;
  /** Positions it takes in the order of the query: 1, or less if several terms represent one song. */
  readonly step?: number;
}

/** Terms below this share of the largest weight do not change the mean. */
const negligible = 1e-9;
/**
 * A mean that is shorter, relative to the total length of its terms, is the rounding error of vectors that cancel out.
 */
const minRelativeLength = 1e-6;

/**
 * Makes the query vector for `similarity`: the normalised weighted mean of unit input vectors.
 *
 * @returns [stride]; zero if all weights are zero or the terms cancel out
 */
export function similarityQuery(model: Vectors, terms: readonly Term[]): Float32Array {
  const { mean, length } = weightedMean(model, terms, true);
  if (length > 0) for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] ?? 0) / length;
  return mean;
}

/**
 * Makes the query vector for `context`: the weighted mean of input vectors.
 *
 * @returns [stride]; zero if all weights are zero or the terms cancel out
 */
export function contextQuery(model: Vectors, terms: readonly Term[]): Float32Array {
  return weightedMean(model, terms, false).mean;
}

/** The weighted mean Σ wᵢ·sᵢ·xᵢ / Σ |wᵢ| of input vectors in double precision. sᵢ normalises xᵢ, or is 1. */
function weightedMean(
  model: Vectors,
  terms: readonly Term[],
  asUnits: boolean,
): { mean: Float32Array; length: number } {
  const values = model.input ?? model.quantised.input.values;
  const scale = scaleOf(model, asUnits);
  const largest = terms.reduce((max, { weight }) => Math.max(max, Math.abs(weight)), 0);
  const sum = new Float64Array(model.stride);
  let weights = 0;
  let mass = 0;
  for (const { row, weight } of largest > 0 ? terms : []) {
    const share = weight / largest;
    if (Math.abs(share) < negligible) continue;
    const factor = share * scale(row);
    const start = row * sum.length;
    let squares = 0;
    for (let i = 0; i < sum.length; i++) {
      const value = factor * (values[start + i] as number);
      sum[i] = (sum[i] as number) + value;
      squares += value * value;
    }
    weights += Math.abs(share);
    mass += Math.sqrt(squares);
  }

  const mean = new Float32Array(sum.length);
  let squares = 0;
  for (let i = 0; i < sum.length; i++) squares += (sum[i] as number) ** 2;
  const length = Math.sqrt(squares);
  if (length <= minRelativeLength * mass) return { mean, length: 0 };
  for (let i = 0; i < sum.length; i++) mean[i] = (sum[i] as number) / weights;
  return { mean, length: length / weights };
}

/** Returns the factor that turns the stored values of a row into its input vector, or its unit vector. */
function scaleOf({ input, inverseNorms, quantised }: Vectors, asUnits: boolean): (row: number) => number {
  const { factors } = quantised.input;
  if (input) return asUnits ? (row) => inverseNorms[row] ?? 0 : () => 1;
  if (asUnits) return (row) => factors[row] ?? 0;
  return (row) => (inverseNorms[row] ? (factors[row] ?? 0) / inverseNorms[row] : 0);
}
