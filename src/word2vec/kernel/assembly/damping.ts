import { inputRows } from './inputs';
import { outputRows } from './outputs';
import { madd, row, horizontalSum } from './tiles';

let bytes: usize = 0;
let inputSquares: usize = 0;
let outputSquares: usize = 0;
let sums: usize = 0;
/** Factor by which each input itself moves along its gain [c]: 1 for skip-gram; see cbow.ts. */
export let feedback: usize = 0;

/** c, n: maximum numbers of inputs and outputs of a step. */
export function reserveDamping(at: usize, rowBytes: usize, c: usize, n: usize): usize {
  bytes = rowBytes;
  inputSquares = at; at += (c + 4) << 2;
  outputSquares = at; at += (n + 4) << 2;
  sums = at; at += (n + 4) << 2;
  feedback = at; at += c << 2;
  for (let i: usize = 0; i < c; i++) store<f32>(feedback + (i << 2), 1);
  return at;
}

/**
 * Damps a step so that it does not overshoot, however many pairs it sums up. The update of a row is divided by 1 + 2κ.
 * κ = Σ rate·w·curvature·|other row|², times the occurrences of the row in the step, bounds how far the step changes
 * the row's own gradient (it is the trace of the Hessian of the row's part of the loss). The factor 2 is there because
 * the rows on both sides of a score move. Scales G[c, n] for the outputs, and Gᵀ[n, c] for the inputs.
 */
export function damp(
  gradients: usize, curvatures: usize, pitch: usize, c: usize, n: usize, transposed: usize, transposedPitch: usize,
): void {
  squareRows(inputRows, c, inputSquares);
  squareRows(outputRows, n, outputSquares);
  const one = f32x4.splat(1);
  const end = ((n + 3) & ~3) << 2;
  for (let at: usize = 0; at < end; at += 16) v128.store(sums + at, one);
  for (let i: usize = 0; i < c; i++) {
    const line = curvatures + i * pitch;
    const square = f32x4.mul(v128.load32_splat(inputSquares + (i << 2)), f32x4.splat(2));
    let sum = f32x4.splat(0);
    for (let at: usize = 0; at < end; at += 16) {
      const k = v128.load(line + at);
      sum = madd(k, v128.load(outputSquares + at), sum);
      v128.store(sums + at, madd(k, square, v128.load(sums + at)));
    }
    const times = occurrencesOf(inputRows, i, c) * load<f32>(feedback + (i << 2));
    const damping = <f32>1 / (<f32>1 + 2 * times * horizontalSum(sum));
    for (let j: usize = 0; j < n; j++) {
      const to = transposed + j * transposedPitch + (i << 2);
      store<f32>(to, load<f32>(to) * damping);
    }
  }
  for (let j: usize = 0; j < n; j++) {
    const at = sums + (j << 2);
    store<f32>(at, 1 + occurrencesOf(outputRows, j, n) * (load<f32>(at) - 1));
  }
  for (let i: usize = 0; i < c; i++) {
    const line = gradients + i * pitch;
    for (let at: usize = 0; at < end; at += 16) {
      v128.store(line + at, f32x4.div(v128.load(line + at), v128.load(sums + at)));
    }
  }
}

/** Occurrences of the i-th row among the n rows. */
function occurrencesOf(rows: usize, i: usize, n: usize): f32 {
  let times = 0;
  for (let k: usize = 0; k < n; k++) {
    times += <i32>(load<u32>(rows + (k << 2)) == load<u32>(rows + (i << 2)));
  }
  return <f32>times;
}

/** Squared lengths of n rows, padded with 0 to a multiple of 4. */
function squareRows(rows: usize, n: usize, out: usize): void {
  for (let i: usize = 0; i < n; i++) {
    const from = row(rows, i);
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (let at: usize = 0; at < bytes; at += 64) {
      const v0 = v128.load(from + at), v1 = v128.load(from + at, 16);
      const v2 = v128.load(from + at, 32), v3 = v128.load(from + at, 48);
      s0 = madd(v0, v0, s0); s1 = madd(v1, v1, s1); s2 = madd(v2, v2, s2); s3 = madd(v3, v3, s3);
    }
    const s = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
    store<f32>(out + (i << 2), horizontalSum(s));
  }
  v128.store(out + (n << 2), f32x4.splat(0));
}
