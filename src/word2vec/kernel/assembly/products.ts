// The three dense products of a window, on register tiles.
//
//            n outputs (centre + negatives)            D dimensions
//          ┌───────────┐                             ┌───────────────┐
//   C      │ S = X·Yᵀ  │  → G = (label − σ(S))·rate →│ dX = G·Y      │ C rows
//   inputs │           │                             │ dY = Gᵀ·X     │ n rows
//          └───────────┘                             └───────────────┘
//
// Scores keep 3×3 accumulators (9 + 3 + 1 of the 15 vector registers V8 leaves); updates keep up to 6 rows × 2 vectors
// (12 + 2 + 1). Rows are reached through tables of addresses, so nothing is copied to be multiplied.

// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Sums of the lanes of a, b and c in lanes 0, 1 and 2. */
// @ts-ignore: decorator
@inline
function sums(a: v128, b: v128, c: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cc = f32x4.add(v128.shuffle<f32>(c, c, 0, 4, 1, 5), v128.shuffle<f32>(c, c, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cc, 0, 1, 4, 5), v128.shuffle<f32>(ab, cc, 2, 3, 6, 7));
}

// @ts-ignore: decorator
@inline
function row(table: usize, index: usize): usize {
  return <usize>load<u32>(table + (index << 2));
}

function scores3x3(xs: usize, ys: usize, bytes: usize, out: usize, pitch: usize): void {
  let x0 = row(xs, 0), x1 = row(xs, 1), x2 = row(xs, 2);
  let y0 = row(ys, 0), y1 = row(ys, 1), y2 = row(ys, 2);
  let s00 = f32x4.splat(0), s01 = s00, s02 = s00, s10 = s00, s11 = s00, s12 = s00, s20 = s00, s21 = s00, s22 = s00;
  for (const end = x0 + bytes; x0 < end; ) {
    const a0 = v128.load(x0), a1 = v128.load(x1), a2 = v128.load(x2);
    const b0 = v128.load(y0);
    s00 = madd(a0, b0, s00); s10 = madd(a1, b0, s10); s20 = madd(a2, b0, s20);
    const b1 = v128.load(y1);
    s01 = madd(a0, b1, s01); s11 = madd(a1, b1, s11); s21 = madd(a2, b1, s21);
    const b2 = v128.load(y2);
    s02 = madd(a0, b2, s02); s12 = madd(a1, b2, s12); s22 = madd(a2, b2, s22);
    x0 += 16; x1 += 16; x2 += 16; y0 += 16; y1 += 16; y2 += 16;
  }
  v128.store(out, sums(s00, s01, s02));
  v128.store(out + pitch, sums(s10, s11, s12));
  v128.store(out + 2 * pitch, sums(s20, s21, s22));
}

function scores2x3(xs: usize, ys: usize, bytes: usize, out: usize, pitch: usize): void {
  let x0 = row(xs, 0), x1 = row(xs, 1);
  let y0 = row(ys, 0), y1 = row(ys, 1), y2 = row(ys, 2);
  let s00 = f32x4.splat(0), s01 = s00, s02 = s00, s10 = s00, s11 = s00, s12 = s00;
  for (const end = x0 + bytes; x0 < end; ) {
    const a0 = v128.load(x0), a1 = v128.load(x1);
    const b0 = v128.load(y0);
    s00 = madd(a0, b0, s00); s10 = madd(a1, b0, s10);
    const b1 = v128.load(y1);
    s01 = madd(a0, b1, s01); s11 = madd(a1, b1, s11);
    const b2 = v128.load(y2);
    s02 = madd(a0, b2, s02); s12 = madd(a1, b2, s12);
    x0 += 16; x1 += 16; y0 += 16; y1 += 16; y2 += 16;
  }
  v128.store(out, sums(s00, s01, s02));
  v128.store(out + pitch, sums(s10, s11, s12));
}

function scores1x3(xs: usize, ys: usize, bytes: usize, out: usize): void {
  let x0 = row(xs, 0);
  let y0 = row(ys, 0), y1 = row(ys, 1), y2 = row(ys, 2);
  let s00 = f32x4.splat(0), s01 = s00, s02 = s00, t00 = s00, t01 = s00, t02 = s00;
  for (const end = x0 + bytes; x0 < end; ) {
    const a0 = v128.load(x0), a1 = v128.load(x0, 16);
    s00 = madd(a0, v128.load(y0), s00); t00 = madd(a1, v128.load(y0, 16), t00);
    s01 = madd(a0, v128.load(y1), s01); t01 = madd(a1, v128.load(y1, 16), t01);
    s02 = madd(a0, v128.load(y2), s02); t02 = madd(a1, v128.load(y2, 16), t02);
    x0 += 32; y0 += 32; y1 += 32; y2 += 32;
  }
  v128.store(out, sums(f32x4.add(s00, t00), f32x4.add(s01, t01), f32x4.add(s02, t02)));
}

function scores1x1(x: usize, y: usize, bytes: usize, out: usize): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (const end = x + bytes; x < end; x += 64, y += 64) {
    s0 = madd(v128.load(x), v128.load(y), s0);
    s1 = madd(v128.load(x, 16), v128.load(y, 16), s1);
    s2 = madd(v128.load(x, 32), v128.load(y, 32), s2);
    s3 = madd(v128.load(x, 48), v128.load(y, 48), s3);
  }
  const s = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  store<f32>(out, f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
}

/**
 * S[i, j] = x_i · y_j. Each row of S may be overwritten up to 3 values past its n-th: the pitch leaves room.
 * xs, ys: tables of row addresses; bytes: length of a row, a multiple of 64; pitch: bytes from row to row of S.
 */
export function scores(xs: usize, c: usize, ys: usize, n: usize, bytes: usize, out: usize, pitch: usize): void {
  const triples = n - (n % 3);
  let i: usize = 0;
  while (i < c) {
    const left = c - i;
    const height: usize = left == 1 ? 1 : left == 2 || left == 4 ? 2 : 3;
    const to = out + i * pitch;
    const from = xs + (i << 2);
    for (let j: usize = 0; j < triples; j += 3) {
      const columns = ys + (j << 2);
      if (height == 3) scores3x3(from, columns, bytes, to + (j << 2), pitch);
      else if (height == 2) scores2x3(from, columns, bytes, to + (j << 2), pitch);
      else scores1x3(from, columns, bytes, to + (j << 2));
    }
    for (let j = triples; j < n; j++)
      for (let h: usize = 0; h < height; h++) scores1x1(row(from, h), row(ys, j), bytes, to + h * pitch + (j << 2));
    i += height;
  }
}

// @ts-ignore: decorator
@inline
function addTo(target: usize, at: usize, v0: v128, v1: v128): void {
  const to = target + at;
  v128.store(to, f32x4.add(v128.load(to), v0));
  v128.store(to, f32x4.add(v128.load(to, 16), v1), 16);
}

/**
 * Adds Σ_i weight[i, h]·source_i to `height` target rows. The sum is kept in registers and added at the end, row after
 * row, so that a row that stands twice among the targets gets both its sums. Inlined with a constant height.
 */
// @ts-ignore: decorator
@inline
function tile(height: i32, targets: usize, sources: usize, m: usize, weights: usize, pitch: usize, bytes: usize): void {
  const last = sources + (m << 2);
  for (let at: usize = 0; at < bytes; at += 32) {
    let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0, e0 = a0, e1 = a0, f0 = a0, f1 = a0;
    let weight = weights;
    for (let source = sources; source < last; source += 4) {
      const from = <usize>load<u32>(source) + at;
      const v0 = v128.load(from), v1 = v128.load(from, 16);
      let w = v128.load32_splat(weight);
      a0 = madd(w, v0, a0); a1 = madd(w, v1, a1);
      if (height > 1) { w = v128.load32_splat(weight, 4); b0 = madd(w, v0, b0); b1 = madd(w, v1, b1); }
      if (height > 2) { w = v128.load32_splat(weight, 8); c0 = madd(w, v0, c0); c1 = madd(w, v1, c1); }
      if (height > 3) { w = v128.load32_splat(weight, 12); d0 = madd(w, v0, d0); d1 = madd(w, v1, d1); }
      if (height > 4) { w = v128.load32_splat(weight, 16); e0 = madd(w, v0, e0); e1 = madd(w, v1, e1); }
      if (height > 5) { w = v128.load32_splat(weight, 20); f0 = madd(w, v0, f0); f1 = madd(w, v1, f1); }
      weight += pitch;
    }
    addTo(row(targets, 0), at, a0, a1);
    if (height > 1) addTo(row(targets, 1), at, b0, b1);
    if (height > 2) addTo(row(targets, 2), at, c0, c1);
    if (height > 3) addTo(row(targets, 3), at, d0, d1);
    if (height > 4) addTo(row(targets, 4), at, e0, e1);
    if (height > 5) addTo(row(targets, 5), at, f0, f1);
  }
}

function tile1(t: usize, s: usize, m: usize, w: usize, p: usize, b: usize): void { tile(1, t, s, m, w, p, b); }
function tile2(t: usize, s: usize, m: usize, w: usize, p: usize, b: usize): void { tile(2, t, s, m, w, p, b); }
function tile3(t: usize, s: usize, m: usize, w: usize, p: usize, b: usize): void { tile(3, t, s, m, w, p, b); }
function tile4(t: usize, s: usize, m: usize, w: usize, p: usize, b: usize): void { tile(4, t, s, m, w, p, b); }
function tile5(t: usize, s: usize, m: usize, w: usize, p: usize, b: usize): void { tile(5, t, s, m, w, p, b); }
function tile6(t: usize, s: usize, m: usize, w: usize, p: usize, b: usize): void { tile(6, t, s, m, w, p, b); }

/**
 * target_h += Σ_i W[i, h]·source_i for all h < rows.
 * targets, sources: tables of row addresses; W: [m, rows] at `pitch` bytes a row; bytes: length of a row.
 */
export function update(targets: usize, rows: usize, sources: usize, m: usize, weights: usize, pitch: usize, bytes: usize): void {
  let tiles = (rows + 5) / 6;
  for (let h: usize = 0; h < rows; tiles--) {
    const height = (rows - h + tiles - 1) / tiles;
    const to = targets + (h << 2);
    const by = weights + (h << 2);
    if (height == 6) tile6(to, sources, m, by, pitch, bytes);
    else if (height == 5) tile5(to, sources, m, by, pitch, bytes);
    else if (height == 4) tile4(to, sources, m, by, pitch, bytes);
    else if (height == 3) tile3(to, sources, m, by, pitch, bytes);
    else if (height == 2) tile2(to, sources, m, by, pitch, bytes);
    else tile1(to, sources, m, by, pitch, bytes);
    h += height;
  }
}
