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
  const rows = Uint32Array.from({ length: inputs.length / vectorSize }, (_, i) => i * vectorSize);
  const gradients = new Float64Array(weights.length);
  const toInputs = new Float64Array(weights.length);
  const scores = new Float64Array(mostOutputs);
  const outputSquares = new Float64Array(mostOutputs);
  const outputDamping = new Float64Array(mostOutputs);

  return (c, n, damped, rate) => {
    let loss = 0;
    outputDamping.fill(1);
    if (damped) for (let j = 0; j < n; j++) outputSquares[j] = square(output, outputs[j] as number, vectorSize);
    for (let i = 0; i < c; i++) {
      const line = i * mostOutputs;
      scoreRow(inputs, i * vectorSize, output, outputs, n, vectorSize, scores);
      const inputSquare = damped ? square(inputs, i * vectorSize, vectorSize) : 0;
      let inputDamping = 1;
      const echo = echoes[i] as number;
      for (let j = 0; j < n; j++) {
        const s = scores[j] as number;
        const weight = weights[line + j] as number;
        const label = labels[j] as number;
        const sigma = 1 / (1 + Math.exp(-s));
        loss += weight * (Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s))) - label * s);
        const unsure = damped ? Math.abs(label - sigma) > sure : Math.abs(s) < 6;
        gradients[line + j] = unsure ? rate * weight * (label - sigma) : 0;
        if (!damped) continue;
        const residual = Math.abs(label - sigma);
        const curvature = 2 * rate * weight * (residual > 0.5 ? residual / (Math.abs(s) + 2) : sigma * (1 - sigma));
        inputDamping += echo * curvature * (outputSquares[j] as number);
        outputDamping[j] = (outputDamping[j] as number) + curvature * inputSquare;
      }
      for (let j = 0; j < n; j++) toInputs[line + j] = (gradients[line + j] as number) / inputDamping;
    }
    if (damped)
      for (let j = 0; j < n; j++) outputDamping[j] = 1 + timesOf(outputs, j, n) * ((outputDamping[j] as number) - 1);
    gains.fill(0, 0, c * vectorSize);
    for (let i = 0; i < c; i++)
      addRows(gains, i * vectorSize, output, outputs, n, toInputs, i * mostOutputs, 1, vectorSize);
    for (let i = 0; i < c; i++)
      for (let j = 0; j < n; j++)
        gradients[i * mostOutputs + j] = (gradients[i * mostOutputs + j] as number) / (outputDamping[j] as number);
    for (let j = 0; j < n; j++)
      addRows(output, outputs[j] as number, inputs, rows, c, gradients, j, mostOutputs, vectorSize);
    return loss;
  };
}

/** scores[j] = x · y_j, four at a time. */
function scoreRow(
  x: Float32Array,
  from: number,
  y: Float32Array,
  rows: Uint32Array,
  n: number,
  size: number,
  scores: Float64Array,
): void {
  for (let j = 0; j < n; j += 4) {
    const [r0, r1, r2, r3] = [rowAt(rows, j, n), rowAt(rows, j + 1, n), rowAt(rows, j + 2, n), rowAt(rows, j + 3, n)];
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let d = 0; d < size; d++) {
      const value = x[from + d] as number;
      s0 += value * (y[r0 + d] as number);
      s1 += value * (y[r1 + d] as number);
      s2 += value * (y[r2 + d] as number);
      s3 += value * (y[r3 + d] as number);
    }
    scores[j] = s0;
    scores[j + 1] = s1;
    scores[j + 2] = s2;
    scores[j + 3] = s3;
  }
}

/** target += Σ_k w_k·source_k, four at a time; w_k lies at `at + k·pitch`. */
function addRows(
  target: Float32Array,
  to: number,
  source: Float32Array,
  rows: Uint32Array,
  m: number,
  weights: Float64Array,
  at: number,
  pitch: number,
  size: number,
): void {
  for (let k = 0; k < m; k += 4) {
    const weight = (more: number) => (k + more < m ? (weights[at + (k + more) * pitch] as number) : 0);
    const [r0, r1, r2, r3] = [rowAt(rows, k, m), rowAt(rows, k + 1, m), rowAt(rows, k + 2, m), rowAt(rows, k + 3, m)];
    const [w0, w1, w2, w3] = [weight(0), weight(1), weight(2), weight(3)];
    for (let d = 0; d < size; d++) {
      const sum =
        w0 * (source[r0 + d] as number) +
        w1 * (source[r1 + d] as number) +
        w2 * (source[r2 + d] as number) +
        w3 * (source[r3 + d] as number);
      target[to + d] = (target[to + d] as number) + sum;
    }
  }
}

/** How often the i-th row is among the n. */
export function timesOf(rows: Uint32Array, i: number, n: number): number {
  let times = 0;
  for (let k = 0; k < n; k++) if (rows[k] === rows[i]) times++;
  return times;
}

const sure = 1 - 1 / (1 + Math.exp(-6));

/** The last row stands in for those past it. */
function rowAt(rows: Uint32Array, index: number, n: number): number {
  return rows[Math.min(index, n - 1)] as number;
}

function square(matrix: Float32Array, from: number, size: number): number {
  let sum = 0;
  for (let d = 0; d < size; d++) sum += (matrix[from + d] as number) ** 2;
  return sum;
}
