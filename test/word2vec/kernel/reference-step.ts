/** Operands of a step, filled in by the caller. Rows are offsets into their matrix. */
export interface StepOperands {
  /** Copies of x_i [max inputs, vectorSize]; the step leaves their updates in `gains`. */
  readonly inputs: Float32Array;
  readonly gains: Float32Array;
  /** Offsets of y_j in the output matrix [max outputs], and l_j. */
  readonly outputs: Uint32Array;
  readonly labels: Uint8Array;
  /** w_ij [max inputs, max outputs]. */
  readonly weights: Float64Array;
  /** Occurrences of x_i in the step, or its feedback factor (assembly/cbow.ts) [max inputs]. */
  readonly feedback: Float64Array;
}

/** One gradient step for c inputs and n outputs; updates the output matrix. @returns the loss */
export type TakeStep = (c: number, n: number, damped: boolean, rate: number) => number;

/**
 * A step has c inputs x_i and n outputs y_j with labels l_j and weights w_ij. With s_ij = x_i · y_j it minimises
 *
 *     L = Σ_ij w_ij [ log(1 + e^{s_ij}) − l_j·s_ij ],   ∂L/∂s_ij = w_ij (σ(s_ij) − l_j)
 *
 * for pairs with |s_ij| < 6 (word2vec.c and gensim skip the others, which bounds the vectors). Both updates use the old
 * values of x and y: x_i −= rate·Σ_j ∂_ij y_j and y_j −= rate·Σ_i ∂_ij x_i.
 *
 * A step that sums up many pairs is damped, so that it does not overshoot: the update of a row is divided by 1 + 2κ.
 * κ = Σ rate·w·curvature·|other row|², times the occurrences of the row in the step, bounds how far the step changes
 * the row's own gradient (it is the trace of the Hessian of its part of the loss). The factor 2 is there because the
 * rows on both sides of a score move. The curvature is σ(1 − σ) if the sign of the score agrees with the label.
 * Otherwise that would vanish, so the mean slope up to a score of 2 on the right side is used, and no pair is skipped,
 * because one that overshot has to come back.
 */
export function createStep(operands: StepOperands, output: Float32Array, vectorSize: number): TakeStep {
  const { inputs, gains, outputs, labels, weights, feedback } = operands;
  const maxOutputs = outputs.length;
  const gradients = new Float64Array(weights.length);
  const outputDamping = new Float64Array(maxOutputs);
  const product = (x: Float32Array, from: number, y: Float32Array, at: number) => {
    let sum = 0;
    for (let d = 0; d < vectorSize; d++) sum += (x[from + d] as number) * (y[at + d] as number);
    return sum;
  };
  const square = (matrix: Float32Array, from: number) => product(matrix, from, matrix, from);

  return (c, n, damped, rate) => {
    let loss = 0;
    outputDamping.fill(1);
    gains.fill(0, 0, c * vectorSize);
    for (let i = 0; i < c; i++) {
      const line = i * maxOutputs;
      let inputDamping = 1;
      for (let j = 0; j < n; j++) {
        const s = product(inputs, i * vectorSize, output, outputs[j] as number);
        const weight = weights[line + j] as number;
        const label = labels[j] as number;
        const sigma = 1 / (1 + Math.exp(-s));
        const residual = Math.abs(label - sigma);
        loss += weight * (Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s))) - label * s);
        const active = damped ? residual > confident : Math.abs(s) < 6;
        gradients[line + j] = active ? rate * weight * (label - sigma) : 0;
        if (!damped) continue;
        const curvature = 2 * rate * weight * (residual > 0.5 ? residual / (Math.abs(s) + 2) : sigma * (1 - sigma));
        inputDamping += (feedback[i] as number) * curvature * square(output, outputs[j] as number);
        outputDamping[j] = (outputDamping[j] as number) + curvature * square(inputs, i * vectorSize);
      }
      for (let j = 0; j < n; j++) {
        const weight = (gradients[line + j] as number) / inputDamping;
        addVector(gains, i * vectorSize, weight, output, outputs[j] as number, vectorSize);
      }
    }
    for (let j = 0; j < n; j++) {
      const damping = 1 + occurrencesOf(outputs, j, n) * ((outputDamping[j] as number) - 1);
      for (let i = 0; i < c; i++) {
        const weight = (gradients[i * maxOutputs + j] as number) / damping;
        addVector(output, outputs[j] as number, weight, inputs, i * vectorSize, vectorSize);
      }
    }
    return loss;
  };
}

/** target += weight · source */
export function addVector(
  target: Float32Array,
  to: number,
  weight: number,
  source: Float32Array,
  from: number,
  size: number,
): void {
  for (let d = 0; d < size; d++) target[to + d] = (target[to + d] as number) + weight * (source[from + d] as number);
}

/** Occurrences of the i-th row among the n rows. */
export function occurrencesOf(rows: Uint32Array, i: number, n: number): number {
  return rows.subarray(0, n).filter((row) => row === rows[i]).length;
}

const confident = 1 - 1 / (1 + Math.exp(-6));
