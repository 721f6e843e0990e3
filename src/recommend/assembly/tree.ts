import { isExcluded, keep } from './quantised';

/**
 * The two turns of every inner node of a Huffman tree, each summed up from the root: the logarithms of the probabilities
 * σ(s) and σ(−s) = σ(s) · e^(−s). The parents of a node have higher numbers, so one pass from the root down does.
 *
 * @param scores address of f32 [nodes, rounded up to 4], overwritten by log σ(score)
 * @param ways address of u32 [songs + nodes]: the turn that leads to each song and, from `songs` on, to each node
 * @param turns address of f32 [2 nodes], written
 */
export function walk(scores: usize, nodes: u32, songs: u32, ways: usize, turns: usize): void {
  for (let node: u32 = 0; node < nodes; node += 4) {
    const at = scores + (node << 2);
    const score = v128.load(at);
    const likelihood = logSigmoid(score);
    const pairs = turns + (node << 3);
    const other = f32x4.sub(likelihood, score);
    v128.store(pairs, v128.shuffle<f32>(likelihood, other, 0, 4, 1, 5));
    if (node + 2 < nodes) v128.store(pairs, v128.shuffle<f32>(likelihood, other, 2, 6, 3, 7), 16);
  }
  const root = nodes - 1;
  for (let node = root; node-- > 0; ) {
    const start = f32.load(turns + (load<u32>(ways + ((songs + node) << 2)) << 2));
    const pair = turns + (node << 3);
    f32.store(pair, f32.load(pair) + start);
    f32.store(pair, f32.load(pair, 4) + start, 4);
  }
}

/** Writes the likelihood of each song: that of the turn that leads to it. */
export function arrive(songs: u32, ways: usize, turns: usize, likelihoods: usize): void {
  for (let song: u32 = 0; song < songs; song++) {
    f32.store(likelihoods + (song << 2), f32.load(turns + (load<u32>(ways + (song << 2)) << 2)));
  }
}

/** The same for the most likely songs; see `nearestQuantised`. */
export function likeliest(songs: u32, ways: usize, turns: usize, excluded: usize, heap: usize, capacity: u32): u32 {
  let size: u32 = 0;
  let worst: f32 = -Infinity;
  for (let song: u32 = 0; song < songs; song++) {
    const score = f32.load(turns + (load<u32>(ways + (song << 2)) << 2));
    if (score <= worst && size == capacity) continue;
    if (excluded && isExcluded(excluded, song)) continue;
    size = keep(heap, size, capacity, score, song);
    if (size == capacity) worst = f32.load(heap);
  }
  return size;
}

/**
 * log σ(s) = min(s, 0) − log(1 + e^(−|s|)). e^x = 2^n · 2^f with f in ±½ by Taylor's series; log(1 + y) = 2 artanh(z) with
 * z = y / (2 + y) ≤ ⅓, by its series. Within 3e-7.
 */
// @ts-ignore: decorator
@inline
function logSigmoid(score: v128): v128 {
  const zero = f32x4.splat(0);
  const exponent = f32x4.mul(f32x4.pmax(f32x4.neg(f32x4.abs(score)), f32x4.splat(-40)), f32x4.splat(1.4426950408889634));
  const whole = f32x4.nearest(exponent);
  const part = f32x4.mul(f32x4.sub(exponent, whole), f32x4.splat(0.6931471805599453));
  let e = series(part, f32x4.splat(1.0 / 720), 1.0 / 120);
  e = series(part, e, 1.0 / 24);
  e = series(part, e, 1.0 / 6);
  e = series(part, e, 0.5);
  e = series(part, e, 1);
  e = series(part, e, 1);
  const y = f32x4.mul(e, i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(whole), i32x4.splat(127)), 23));

  const z = f32x4.div(y, f32x4.add(y, f32x4.splat(2)));
  const square = f32x4.mul(z, z);
  let sum = series(square, f32x4.splat(2.0 / 13), 2.0 / 11);
  sum = series(square, sum, 2.0 / 9);
  sum = series(square, sum, 2.0 / 7);
  sum = series(square, sum, 2.0 / 5);
  sum = series(square, sum, 2.0 / 3);
  sum = series(square, sum, 2);
  return f32x4.sub(f32x4.pmin(score, zero), f32x4.mul(z, sum));
}

// @ts-ignore: decorator
@inline
function series(x: v128, sum: v128, term: f32): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(sum, x, f32x4.splat(term));
  return f32x4.add(f32x4.mul(sum, x), f32x4.splat(term));
}
