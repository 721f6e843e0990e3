/** The operands of a step; who takes it fills them in. Rows are offsets into their matrix. */
export interface StepOperands {
  /** x_i, copied [most inputs, vectorSize]; what is to be added to each is left in gains. */
  readonly inputs: Float32Array;
  readonly gains: Float32Array;
  /** Offsets of y_j in the output matrix [most outputs], and l_j. */
  readonly outputs: Uint32Array;
  readonly labels: Uint8Array;
  /** w_ij [most inputs, most outputs]. */
  readonly weights: Float64Array;
  /** How often x_i is in the step, or what it gains comes back in it [most inputs]. */
  readonly echoes: Float64Array;
}

/** Takes a step for c inputs and n outputs, damped or not; changes the output matrix and returns the loss. */
export type TakeStep = (c: number, n: number, damped: boolean, rate: number) => number;

/**
 * A step has c inputs x_i and n outputs y_j with labels l_j and weights w_ij. With s_ij = x_i · y_j it descends
 *
 *     L = Σ_ij w_ij [ log(1 + e^{s_ij}) − l_j·s_ij ],   ∂L/∂s_ij = w_ij (σ(s_ij) − l_j)
 *
 * where |s_ij| < 6 (word2vec.c and gensim leave surer pairs alone, which bounds the vectors), from the old values of
 * x and y: x_i −= rate·Σ_j ∂_ij y_j and y_j −= rate·Σ_i ∂_ij x_i.
 *
 * Where so many pairs add up that a step can overshoot, it is damped: what is added to a row is divided by 1 + 2κ, where
 * κ = Σ rate·w·curvature·|other row|² bounds how far the step would move the row's own gradient (the trace of the Hessian
 * of its part of the loss), times how often the row is in the step; twice, since the rows on both sides of a score move. The curvature is σ(1 − σ) on the right
 * side of 0, and on the wrong side, where that vanishes, the mean on the way to 2 on the right side. There a pair is left alone only where it is sure and right: one that overshot has to come
 * back.
 */
export function createStep(operands: StepOperands, output: Float32Array, vectorSize: number): TakeStep {
  const { inputs, gains, outputs, labels, weights, echoes } = operands;
  const mostOutputs = outputs.length;
  const gradients = new Float64Array(weights.length);
  const outputDamping = new Float64Array(mostOutputs);
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
      const line = i * mostOutputs;
      let inputDamping = 1;
      for (let j = 0; j < n; j++) {
        const s = product(inputs, i * vectorSize, output, outputs[j] as number);
        const weight = weights[line + j] as number;
        const label = labels[j] as number;
        const sigma = 1 / (1 + Math.exp(-s));
        const residual = Math.abs(label - sigma);
        loss += weight * (Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s))) - label * s);
        const unsure = damped ? residual > sure : Math.abs(s) < 6;
        gradients[line + j] = unsure ? rate * weight * (label - sigma) : 0;
        if (!damped) continue;
        const curvature = 2 * rate * weight * (residual > 0.5 ? residual / (Math.abs(s) + 2) : sigma * (1 - sigma));
        inputDamping += (echoes[i] as number) * curvature * square(output, outputs[j] as number);
        outputDamping[j] = (outputDamping[j] as number) + curvature * square(inputs, i * vectorSize);
      }
      for (let j = 0; j < n; j++) {
        const weight = (gradients[line + j] as number) / inputDamping;
        addVector(gains, i * vectorSize, weight, output, outputs[j] as number, vectorSize);
      }
    }
    for (let j = 0; j < n; j++) {
      const damping = 1 + timesOf(outputs, j, n) * ((outputDamping[j] as number) - 1);
      for (let i = 0; i < c; i++) {
        const weight = (gradients[i * mostOutputs + j] as number) / damping;
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

/** How often the i-th row is among the n. */
export function timesOf(rows: Uint32Array, i: number, n: number): number {
  return rows.subarray(0, n).filter((row) => row === rows[i]).length;
}

const sure = 1 - 1 / (1 + Math.exp(-6));
