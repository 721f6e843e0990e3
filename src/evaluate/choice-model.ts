import { type CandidateFeatures, featureCount } from "../recommend/ensemble/features.ts";

/** A held-out query with the features of its candidates. */
export interface Example extends CandidateFeatures {
  /** Indices of the truth songs among the candidates. */
  readonly truth: readonly number[];
  /** Number of all truth songs, candidates or not. */
  readonly truthCount: number;
}

/** Prevents weights of opposite sign for correlated features, and large ones from a few examples. */
const strength = 10;

/**
 * Computes the penalised log-likelihood of a conditional logit model, P(song) ∝ exp(weights · features) among the
 * candidates, with its gradient and negative Hessian. An example has a weight of √(truth songs).
 *
 * @param weights [featureCount]
 * @param prior [featureCount] weights that the penalty, the squared distance from them, draws to
 * @returns `gradient` [featureCount] and `hessian` [featureCount, featureCount]
 */
export function choiceGradient(
  examples: readonly Example[],
  weights: Float64Array,
  prior: Float64Array,
): { likelihood: number; gradient: Float64Array; hessian: Float64Array } {
  const gradient = new Float64Array(featureCount);
  const hessian = new Float64Array(featureCount * featureCount);
  const mean = new Float64Array(featureCount);
  let likelihood = 0;
  for (const { rows, values, truth } of examples) {
    const share = 1 / Math.sqrt(truth.length);
    const { probabilities, logTotal } = softmax(rows.length, values, weights);
    mean.fill(0);
    for (let i = 0; i < rows.length; i++) {
      const probability = probabilities[i] as number;
      if (probability < 1e-7) continue;
      const counted = share * truth.length * probability;
      for (let a = 0; a < featureCount; a++) {
        const value = values[i * featureCount + a] as number;
        mean[a] = (mean[a] as number) + probability * value;
        for (let b = 0; b <= a; b++)
          hessian[a * featureCount + b] =
            (hessian[a * featureCount + b] as number) + counted * value * (values[i * featureCount + b] as number);
      }
    }
    for (let a = 0; a < featureCount; a++)
      for (let b = 0; b <= a; b++)
        hessian[a * featureCount + b] =
          (hessian[a * featureCount + b] as number) - share * truth.length * (mean[a] as number) * (mean[b] as number);
    for (const i of truth) {
      let score = 0;
      for (let a = 0; a < featureCount; a++) {
        const value = values[i * featureCount + a] as number;
        score += (weights[a] as number) * value;
        gradient[a] = (gradient[a] as number) + share * (value - (mean[a] as number));
      }
      likelihood += share * (score - logTotal);
    }
  }
  for (let a = 0; a < featureCount; a++) {
    const weight = weights[a] as number;
    const distance = weight - (prior[a] as number);
    likelihood -= (strength * distance * distance) / 2;
    gradient[a] = (gradient[a] as number) - strength * distance;
    hessian[a * featureCount + a] = (hessian[a * featureCount + a] as number) + strength;
    for (let b = 0; b < a; b++) hessian[b * featureCount + a] = hessian[a * featureCount + b] as number;
  }
  return { likelihood, gradient, hessian };
}

function softmax(
  candidates: number,
  values: Float32Array,
  weights: Float64Array,
): { probabilities: Float64Array; logTotal: number } {
  const probabilities = new Float64Array(candidates);
  let largest = -Infinity;
  for (let i = 0; i < candidates; i++) {
    let score = 0;
    for (let a = 0; a < featureCount; a++) score += (weights[a] as number) * (values[i * featureCount + a] as number);
    probabilities[i] = score;
    largest = Math.max(largest, score);
  }
  let total = 0;
  for (let i = 0; i < candidates; i++) total += probabilities[i] = Math.exp((probabilities[i] as number) - largest);
  for (let i = 0; i < candidates; i++) probabilities[i] = (probabilities[i] as number) / total;
  return { probabilities, logTotal: Math.log(total) + largest };
}

/**
 * Solves linear equations by Gaussian elimination.
 *
 * @param matrix [n, n], positive definite
 * @param right [n]
 * @returns [n]
 */
export function solve(matrix: Float64Array, right: Float64Array): Float64Array {
  const n = right.length;
  const a = matrix.slice();
  const x = right.slice();
  for (let pivot = 0; pivot < n; pivot++)
    for (let row = pivot + 1; row < n; row++) {
      const factor = (a[row * n + pivot] as number) / (a[pivot * n + pivot] as number);
      for (let column = pivot; column < n; column++)
        a[row * n + column] = (a[row * n + column] as number) - factor * (a[pivot * n + column] as number);
      x[row] = (x[row] as number) - factor * (x[pivot] as number);
    }
  for (let row = n - 1; row >= 0; row--) {
    for (let column = row + 1; column < n; column++)
      x[row] = (x[row] as number) - (a[row * n + column] as number) * (x[column] as number);
    x[row] = (x[row] as number) / (a[row * n + row] as number);
  }
  return x;
}
