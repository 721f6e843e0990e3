import type { ModelMemory } from "../../model/memory/layout.ts";

type Vectors = Pick<ModelMemory, "stride" | "input" | "quantised" | "inverseNorms">;

/** A song of the query by its row; the weight of a dislike is negative. */
export interface Term {
  readonly row: number;
  readonly weight: number;
  /** How much of a place in the order of a question it takes: 1, or less where several stand for one song. */
  readonly step?: number;
}

/** Terms that weigh less than this share of the weightiest one move no digit of a mean. */
const negligible = 1e-9;
/** Means shorter than this share of what went into them are the rounding of vectors that cancel out. */
const minRelativeLength = 1e-6;

/**
 * The query for `similarity`: the weighted mean of the terms' unit input vectors, made a unit vector.
 *
 * @returns [stride]; zero where there is no weight, or the terms cancel out
 */
export function similarityQuery(model: Vectors, terms: readonly Term[]): Float32Array {
  const { mean, length } = weightedMean(model, terms, true);
  if (length > 0) for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] ?? 0) / length;
  return mean;
}

/** The query for `context`: the weighted mean of the terms' input vectors [stride]; zero in the same cases. */
export function contextQuery(model: Vectors, terms: readonly Term[]): Float32Array {
  return weightedMean(model, terms, false).mean;
}

/** The weighted mean Σ wᵢ·sᵢ·xᵢ / Σ |wᵢ| of input vectors, summed in double precision; sᵢ makes unit vectors of them, or 1. */
function weightedMean(
  model: Vectors,
  terms: readonly Term[],
  asUnits: boolean,
): { mean: Float32Array; length: number } {
  const values = model.input ?? model.quantised.input.values;
  const scale = scaleOf(model, asUnits);
  const largest = terms.reduce((most, { weight }) => Math.max(most, Math.abs(weight)), 0);
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

/** What makes input vectors, or unit vectors of them, of the values that the model keeps. */
function scaleOf({ input, inverseNorms, quantised }: Vectors, asUnits: boolean): (row: number) => number {
  const { factors } = quantised.input;
  if (input) return asUnits ? (row) => inverseNorms[row] ?? 0 : () => 1;
  if (asUnits) return (row) => factors[row] ?? 0;
  return (row) => (inverseNorms[row] ? (factors[row] ?? 0) / inverseNorms[row] : 0);
}
