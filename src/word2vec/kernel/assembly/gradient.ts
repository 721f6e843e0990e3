import { madd } from './products';

// @ts-ignore: decorator
@inline
function exponential(x: v128): v128 {
  // e^x = 2^n · 2^f with n whole and |f| ≤ ½; 2^f by its Taylor series to f⁶ (relative error below 2e-7).
  const z = f32x4.mul(f32x4.max(f32x4.min(x, f32x4.splat(87)), f32x4.splat(-87)), f32x4.splat(1.44269504089));
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

/**
 * Turns scores S[c, n] into G = (label − σ(S))·rate, label 1 in column 0 (the centre) and 0 elsewhere, and leaves the
 * same in Gᵀ[n, c]. G is 0 where |s| ≥ 6: word2vec.c and gensim leave such pairs alone, which bounds the vectors. The loss is Σ log(1 + e^s) − Σ_{column 0} s; the logarithms are taken of one running product,
 * whose mantissa lies in lanes at `product` and whose binary exponent is summed up in the i32 lanes after it.
 * Values between n and the next multiple of 4 are overwritten. Returns Σ of column 0.
 */
export function gradient(scores: usize, pitch: usize, c: usize, n: usize, rate: f32, transposed: usize, transposedPitch: usize, product: usize): f64 {
  const one = f32x4.splat(1);
  const minusRate = f32x4.splat(-rate);
  const vectors = (n + 3) & ~3;
  let mantissa = v128.load(product);
  let exponent = v128.load(product, 16);
  let positives: f64 = 0;
  for (let i: usize = 0; i < c; i++) {
    const line = scores + i * pitch;
    const positive = load<f32>(line);
    positives += <f64>positive;
    for (let j = n; j < vectors; j++) store<f32>(line + (j << 2), -100);
    for (let j: usize = 0; j < vectors; j += 4) {
      const s = v128.load(line + (j << 2));
      const u = exponential(s);
      const total = f32x4.add(one, u);
      v128.store(line + (j << 2), v128.and(f32x4.lt(f32x4.abs(s), f32x4.splat(6)), f32x4.mul(minusRate, f32x4.div(u, total))));
      const grown = f32x4.mul(mantissa, total);
      exponent = i32x4.add(exponent, i32x4.sub(i32x4.shr_u(grown, 23), i32x4.splat(127)));
      mantissa = v128.or(v128.and(grown, i32x4.splat(0x007fffff)), one);
    }
    if (abs(positive) < 6) store<f32>(line, load<f32>(line) + rate);
    for (let j: usize = 0; j < n; j++) store<f32>(transposed + j * transposedPitch + (i << 2), load<f32>(line + (j << 2)));
  }
  v128.store(product, mantissa);
  v128.store(product, exponent, 16);
  return positives;
}
