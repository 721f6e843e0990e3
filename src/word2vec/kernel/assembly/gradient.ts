import { madd } from './tiles';

/** e^x for x ≤ 0: 2^n · 2^f with integer n and |f| ≤ ½; 2^f by its Taylor series to f⁶ (relative error below 2e-7). */
// @ts-ignore: decorator
@inline
export function exponential(x: v128): v128 {
  const z = f32x4.mul(f32x4.max(x, f32x4.splat(-87)), f32x4.splat(1.44269504089));
  const n = f32x4.nearest(z);
  const f = f32x4.sub(z, n);
  let p = madd(f, f32x4.splat(0.000154035304), f32x4.splat(0.00133335581));
  p = madd(p, f, f32x4.splat(0.00961812911));
  p = madd(p, f, f32x4.splat(0.0555041087));
  p = madd(p, f, f32x4.splat(0.240226507));
  p = madd(p, f, f32x4.splat(0.693147181));
  p = madd(p, f, f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}

/** log(1 + u) for u in [0, 1], absolute error below 2e-7 (Chebyshev fit of log(1 + u) / u). */
// @ts-ignore: decorator
@inline
function logarithm(u: v128): v128 {
  let p = madd(u, f32x4.splat(-0.0085746762), f32x4.splat(0.0442141923));
  p = madd(p, u, f32x4.splat(-0.107853679));
  p = madd(p, u, f32x4.splat(0.17757024));
  p = madd(p, u, f32x4.splat(-0.244996117));
  p = madd(p, u, f32x4.splat(0.332761766));
  p = madd(p, u, f32x4.splat(-0.499974494));
  p = madd(p, u, f32x4.splat(0.99999981));
  return f32x4.mul(p, u);
}

/**
 * Curvature of the loss in a score: σ(1 − σ) if the sign of the score agrees with the label. Otherwise that would
 * vanish where the gradient is greatest, so the mean slope up to a score of 2 on the right side is used: |label − σ| /
 * (|s| + 2).
 */
// @ts-ignore: decorator
@inline
function curvature(sigma: v128, residual: v128, size: v128): v128 {
  const right = f32x4.mul(sigma, f32x4.sub(f32x4.splat(1), sigma));
  const wrong = f32x4.div(f32x4.abs(residual), f32x4.add(size, f32x4.splat(2)));
  return v128.bitselect(wrong, right, f32x4.gt(f32x4.abs(residual), f32x4.splat(0.5)));
}

/** 1 − σ(6) */
const CONFIDENT: f32 = 0.0024726232;

/**
 * Replaces scores S[c, n] by G = rate·w·(label − σ(S)), and writes the transpose Gᵀ[n, c]. G is 0 where |s| ≥ 6, as in
 * word2vec.c and gensim, which bounds the vectors. In a damped step that holds only if the sign of s agrees with the
 * label, because a pair that overshot to the wrong side has to come back.
 * @param labels [n] f32, 1 or 0, padded with 0 to a multiple of 4, up to which S is overwritten too
 * @param weights w[c, n] f32, padded likewise
 * @param weightsPitch bytes per row of weights; 0: all inputs share one row
 * @param curvatures address of [c, n] at the pitch of the scores, receives rate·w·curvature; 0: the step is not damped
 * @returns the loss Σ w·(log(1 + e^s) − label·s)
 */
export function gradient(
  scores: usize, pitch: usize, c: usize, n: usize,
  labels: usize, weights: usize, weightsPitch: usize, rate: f32,
  transposed: usize, transposedPitch: usize, curvatures: usize,
): f64 {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const rates = f32x4.splat(rate);
  const vectors = (n + 3) & ~3;
  let loss: f64 = 0;
  for (let i: usize = 0; i < c; i++) {
    const line = scores + i * pitch;
    const weightRow = weights + i * weightsPitch;
    let sum = zero;
    for (let j = n; j < vectors; j++) store<f32>(line + (j << 2), 0);
    for (let at: usize = 0; at < vectors << 2; at += 16) {
      const s = v128.load(line + at);
      const w = v128.load(weightRow + at);
      const label = v128.load(labels + at);
      const size = f32x4.abs(s);
      const u = exponential(f32x4.neg(size));
      const inverse = f32x4.div(one, f32x4.add(one, u));
      const sigma = v128.bitselect(f32x4.mul(u, inverse), inverse, f32x4.lt(s, zero));
      const scale = f32x4.mul(rates, w);
      const residual = f32x4.sub(label, sigma);
      if (curvatures != 0) {
        v128.store(curvatures + i * pitch + at, f32x4.mul(scale, curvature(sigma, residual, size)));
      }
      const active = curvatures != 0
        ? f32x4.gt(f32x4.abs(residual), f32x4.splat(CONFIDENT))
        : f32x4.lt(size, f32x4.splat(6));
      v128.store(line + at, v128.and(active, f32x4.mul(scale, residual)));
      sum = madd(w, f32x4.sub(f32x4.add(f32x4.max(s, zero), logarithm(u)), f32x4.mul(label, s)), sum);
    }
    for (let j: usize = 0; j < n; j++) {
      store<f32>(transposed + j * transposedPitch + (i << 2), load<f32>(line + (j << 2)));
    }
    loss += <f64>f32x4.extract_lane(sum, 0) + <f64>f32x4.extract_lane(sum, 1)
      + <f64>f32x4.extract_lane(sum, 2) + <f64>f32x4.extract_lane(sum, 3);
  }
  return loss;
}
