// Register tiles: the innermost loops of the three products. Each function is inlined with constant shapes, so that the
// compiler removes its conditions.
//
// V8 leaves 15 of 16 vector registers. 128-bit code uses 3×3 accumulators for scores (9 + 3 + 1 registers) and 6 rows ×
// 2 vectors for updates (12 + 2 + 1). With WIDE every accumulator is a pair of vectors whose operands are adjacent in
// memory, and every result is stored as such a pair: V8's revectorizer turns this pattern into 256-bit instructions.
// (It starts from two stores at the offsets o and o + 16 of one address; without it the wide tiles would spill.)

// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** The address of a row, read from a table. */
// @ts-ignore: decorator
@inline
export function row(table: usize, index: usize): usize {
  return <usize>load<u32>(table + (index << 2));
}

// @ts-ignore: decorator
@inline
export function horizontalSum(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3);
}

/** The horizontal sums of a, b and c, in lanes 0, 1 and 2. */
// @ts-ignore: decorator
@inline
function sums(a: v128, b: v128, c: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cc = f32x4.add(v128.shuffle<f32>(c, c, 0, 4, 1, 5), v128.shuffle<f32>(c, c, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cc, 0, 1, 4, 5), v128.shuffle<f32>(ab, cc, 2, 3, 6, 7));
}

/** `wanted` must be a constant, so that the compiler removes the call if it is false. */
// @ts-ignore: decorator
@inline
function maddIf(wanted: bool, a: v128, b: v128, c: v128): v128 {
  return wanted ? madd(a, b, c) : c;
}

/**
 * S[i, j] = x_i · y_j of r ≤ 3 rows x and c ≤ 3 rows y. Writes 4 values per row of S; the last 4 − c are undefined.
 * @param pairs 288 bytes of scratch
 */
// @ts-ignore: decorator
@inline
export function scoreTile(
  r: i32, c: i32, xs: usize, ys: usize, bytes: usize, out: usize, pitch: usize, pairs: usize,
): void {
  const paired = isDefined(WIDE) || r * c < 6;
  const zero = f32x4.splat(0);
  let x0 = row(xs, 0), x1 = r > 1 ? row(xs, 1) : 0, x2 = r > 2 ? row(xs, 2) : 0;
  let y0 = row(ys, 0), y1 = c > 1 ? row(ys, 1) : 0, y2 = c > 2 ? row(ys, 2) : 0;
  let s00 = zero, s01 = zero, s02 = zero, s10 = zero, s11 = zero, s12 = zero, s20 = zero, s21 = zero, s22 = zero;
  let t00 = zero, t01 = zero, t02 = zero, t10 = zero, t11 = zero, t12 = zero, t20 = zero, t21 = zero, t22 = zero;
  for (const end = x0 + bytes; x0 < end; ) {
    const a0 = v128.load(x0), a1 = r > 1 ? v128.load(x1) : zero, a2 = r > 2 ? v128.load(x2) : zero;
    const e0 = paired ? v128.load(x0, 16) : zero;
    const e1 = paired && r > 1 ? v128.load(x1, 16) : zero;
    const e2 = paired && r > 2 ? v128.load(x2, 16) : zero;
    const b0 = v128.load(y0), f0 = paired ? v128.load(y0, 16) : zero;
    s00 = madd(a0, b0, s00); t00 = maddIf(paired, e0, f0, t00);
    if (r > 1) { s10 = madd(a1, b0, s10); t10 = maddIf(paired, e1, f0, t10); }
    if (r > 2) { s20 = madd(a2, b0, s20); t20 = maddIf(paired, e2, f0, t20); }
    if (c > 1) {
      const b1 = v128.load(y1), f1 = paired ? v128.load(y1, 16) : zero;
      s01 = madd(a0, b1, s01); t01 = maddIf(paired, e0, f1, t01);
      if (r > 1) { s11 = madd(a1, b1, s11); t11 = maddIf(paired, e1, f1, t11); }
      if (r > 2) { s21 = madd(a2, b1, s21); t21 = maddIf(paired, e2, f1, t21); }
    }
    if (c > 2) {
      const b2 = v128.load(y2), f2 = paired ? v128.load(y2, 16) : zero;
      s02 = madd(a0, b2, s02); t02 = maddIf(paired, e0, f2, t02);
      if (r > 1) { s12 = madd(a1, b2, s12); t12 = maddIf(paired, e1, f2, t12); }
      if (r > 2) { s22 = madd(a2, b2, s22); t22 = maddIf(paired, e2, f2, t22); }
    }
    const step: usize = paired ? 32 : 16;
    x0 += step; y0 += step;
    if (r > 1) x1 += step;
    if (r > 2) x2 += step;
    if (c > 1) y1 += step;
    if (c > 2) y2 += step;
  }
  if (!paired) {
    v128.store(out, sums(s00, s01, s02));
    if (r > 1) v128.store(out + pitch, sums(s10, s11, s12));
    if (r > 2) v128.store(out + 2 * pitch, sums(s20, s21, s22));
    return;
  }
  v128.store(pairs, s00); v128.store(pairs, t00, 16);
  if (c > 1) { v128.store(pairs, s01, 32); v128.store(pairs, t01, 48); }
  if (c > 2) { v128.store(pairs, s02, 64); v128.store(pairs, t02, 80); }
  if (r > 1) { v128.store(pairs, s10, 96); v128.store(pairs, t10, 112); }
  if (r > 1 && c > 1) { v128.store(pairs, s11, 128); v128.store(pairs, t11, 144); }
  if (r > 1 && c > 2) { v128.store(pairs, s12, 160); v128.store(pairs, t12, 176); }
  if (r > 2) { v128.store(pairs, s20, 192); v128.store(pairs, t20, 208); }
  if (r > 2 && c > 1) { v128.store(pairs, s21, 224); v128.store(pairs, t21, 240); }
  if (r > 2 && c > 2) { v128.store(pairs, s22, 256); v128.store(pairs, t22, 272); }
  addPairs(c, pairs, out);
  if (r > 1) addPairs(c, pairs + 96, out + pitch);
  if (r > 2) addPairs(c, pairs + 192, out + 2 * pitch);
}

// @ts-ignore: decorator
@inline
function addPairs(c: i32, pairs: usize, out: usize): void {
  const s0 = f32x4.add(v128.load(pairs), v128.load(pairs, 16));
  const s1 = c > 1 ? f32x4.add(v128.load(pairs, 32), v128.load(pairs, 48)) : s0;
  const s2 = c > 2 ? f32x4.add(v128.load(pairs, 64), v128.load(pairs, 80)) : s0;
  v128.store(out, sums(s0, s1, s2));
}

/**
 * target_h = base_h + Σ_i weight[i, h]·source_i for r ≤ 6 rows h. Processes the rows in order, so that a row whose base
 * is the target of the previous one accumulates.
 * @param bases, targets, sources tables of row addresses
 * @param weights [m, r]
 * @param pitch bytes per row of weights
 * @param bytes length of a row, a multiple of 64
 */
// @ts-ignore: decorator
@inline
export function updateTile(
  r: i32, bases: usize, targets: usize, sources: usize, m: usize, weights: usize, pitch: usize, bytes: usize,
): void {
  const zero = f32x4.splat(0);
  const last = sources + (m << 2);
  for (let at: usize = 0; at < bytes; at += isDefined(WIDE) ? 64 : 32) {
    let a0 = zero, a1 = zero, a2 = zero, a3 = zero, b0 = zero, b1 = zero;
    let b2 = zero, b3 = zero, c0 = zero, c1 = zero, c2 = zero, c3 = zero;
    let d0 = zero, d1 = zero, d2 = zero, d3 = zero, e0 = zero, e1 = zero;
    let e2 = zero, e3 = zero, f0 = zero, f1 = zero, f2 = zero, f3 = zero;
    let weight = weights;
    for (let source = sources; source < last; source += 4) {
      const from = <usize>load<u32>(source) + at;
      const v0 = v128.load(from), v1 = v128.load(from, 16);
      const v2 = isDefined(WIDE) ? v128.load(from, 32) : zero, v3 = isDefined(WIDE) ? v128.load(from, 48) : zero;
      let w = v128.load32_splat(weight);
      a0 = madd(w, v0, a0); a1 = madd(w, v1, a1);
      a2 = maddIf(isDefined(WIDE), w, v2, a2); a3 = maddIf(isDefined(WIDE), w, v3, a3);
      if (r > 1) {
        w = v128.load32_splat(weight, 4);
        b0 = madd(w, v0, b0);
        b1 = madd(w, v1, b1);
        b2 = maddIf(isDefined(WIDE), w, v2, b2);
        b3 = maddIf(isDefined(WIDE), w, v3, b3);
      }
      if (r > 2) {
        w = v128.load32_splat(weight, 8);
        c0 = madd(w, v0, c0);
        c1 = madd(w, v1, c1);
        c2 = maddIf(isDefined(WIDE), w, v2, c2);
        c3 = maddIf(isDefined(WIDE), w, v3, c3);
      }
      if (r > 3) {
        w = v128.load32_splat(weight, 12);
        d0 = madd(w, v0, d0);
        d1 = madd(w, v1, d1);
        d2 = maddIf(isDefined(WIDE), w, v2, d2);
        d3 = maddIf(isDefined(WIDE), w, v3, d3);
      }
      if (r > 4) {
        w = v128.load32_splat(weight, 16);
        e0 = madd(w, v0, e0);
        e1 = madd(w, v1, e1);
        e2 = maddIf(isDefined(WIDE), w, v2, e2);
        e3 = maddIf(isDefined(WIDE), w, v3, e3);
      }
      if (r > 5) {
        w = v128.load32_splat(weight, 20);
        f0 = madd(w, v0, f0);
        f1 = madd(w, v1, f1);
        f2 = maddIf(isDefined(WIDE), w, v2, f2);
        f3 = maddIf(isDefined(WIDE), w, v3, f3);
      }
      weight += pitch;
    }
    addTile(row(bases, 0) + at, row(targets, 0) + at, a0, a1, a2, a3);
    if (r > 1) addTile(row(bases, 1) + at, row(targets, 1) + at, b0, b1, b2, b3);
    if (r > 2) addTile(row(bases, 2) + at, row(targets, 2) + at, c0, c1, c2, c3);
    if (r > 3) addTile(row(bases, 3) + at, row(targets, 3) + at, d0, d1, d2, d3);
    if (r > 4) addTile(row(bases, 4) + at, row(targets, 4) + at, e0, e1, e2, e3);
    if (r > 5) addTile(row(bases, 5) + at, row(targets, 5) + at, f0, f1, f2, f3);
  }
}

// @ts-ignore: decorator
@inline
function addTile(base: usize, target: usize, v0: v128, v1: v128, v2: v128, v3: v128): void {
  if (!isDefined(WIDE)) {
    v128.store(target, f32x4.add(v128.load(base), v0));
    v128.store(target, f32x4.add(v128.load(base, 16), v1), 16);
    return;
  }
  const w0 = f32x4.add(v128.load(base), v0), w1 = f32x4.add(v128.load(base, 16), v1);
  const w2 = f32x4.add(v128.load(base, 32), v2), w3 = f32x4.add(v128.load(base, 48), v3);
  v128.store(target, w0); v128.store(target, w1, 16);
  v128.store(target, w2, 32); v128.store(target, w3, 48);
}
