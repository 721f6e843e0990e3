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
/** Rounding error of a sum of steps. */
const stepTolerance = 1e-6;

/**
 * Makes the query vector for `similarity`: the normalised weighted mean of unit input vectors.
 *
 * @returns [stride]; zero if all weights are zero or the terms cancel out
 */
export function similarityQuery(model: Vectors, terms: readonly Term[]): Float32Array {
  return normalise(weightedMean(inputVectors(model, true), terms));
}

/**
 * Makes the query vector for `context`: the weighted mean of input vectors.
 *
 * @returns [stride]; zero if all weights are zero or the terms cancel out
 */
export function contextQuery(model: Vectors, terms: readonly Term[]): Float32Array {
  return weightedMean(inputVectors(model, false), terms).mean;
}

/**
 * Makes the query vector for next-song vectors: the normalised sum of the last K liked songs' vectors, weighted by
 * position (CORE, Hou et al. 2022).
 *
 * @returns [size]; null for a model without these vectors, if no song counts, or if the terms cancel out
 */
export function nextSongQuery({ quantised: { nextSongs } }: Vectors, terms: readonly Term[]): Float32Array | null {
  const { values, factors, inverseNorms, positions, stride } = nextSongs;
  if (positions.length === 0) return null;
  const steps = stepsToEnd(terms);
  const weighted = terms.map(({ row, weight }, i) => ({
    row,
    weight: weight > 0 ? weight * (positions[Math.floor((steps[i] ?? 0) + stepTolerance)] ?? 0) : 0,
  }));
  const sum = weightedMean({ values, stride, scale: (row) => unscaled(row, factors, inverseNorms) }, weighted);
  return sum.length > 0 ? normalise(sum) : null;
}

/** Returns the positions between each liked song and the end of the query; 0 for dislikes, which have no position. */
export function stepsToEnd(terms: readonly Term[]): number[] {
  const length = terms.reduce((sum, { weight, step = 1 }) => (weight > 0 ? sum + step : sum), 0);
  let position = 0;
  return terms.map(({ weight, step = 1 }) => (weight > 0 ? Math.max(0, length - (position += step)) : 0));
}

interface WeightedMean {
  readonly mean: Float32Array;
  /** Length of the mean; 0 if it is zero. */
  readonly length: number;
}

function normalise({ mean, length }: WeightedMean): Float32Array {
  if (length > 0) for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] ?? 0) / length;
  return mean;
}

interface VectorRows {
  readonly values: Float32Array | Int8Array;
  readonly stride: number;
  /** Returns the factor that turns the stored values of a row into its vector. */
  scale(row: number): number;
}

/** The weighted mean Σ wᵢ·sᵢ·xᵢ / Σ |wᵢ| of vectors in double precision, where sᵢ is the scale. */
function weightedMean({ values, stride, scale }: VectorRows, terms: readonly Term[]): WeightedMean {
  const largest = terms.reduce((max, { weight }) => Math.max(max, Math.abs(weight)), 0);
  const sum = new Float64Array(stride);
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

function inputVectors({ stride, input, inverseNorms, quantised }: Vectors, asUnits: boolean): VectorRows {
  if (input) return { values: input, stride, scale: asUnits ? (row) => inverseNorms[row] ?? 0 : () => 1 };
  const { values, factors } = quantised.input;
  const scale = asUnits ? (row: number) => factors[row] ?? 0 : (row: number) => unscaled(row, factors, inverseNorms);
  return { values, stride, scale };
}

/** Returns the factor that turns an int8 vector into a vector of the original length. */
function unscaled(row: number, factors: Float32Array, inverseNorms: Float32Array): number {
  return inverseNorms[row] ? (factors[row] ?? 0) / inverseNorms[row] : 0;
}
