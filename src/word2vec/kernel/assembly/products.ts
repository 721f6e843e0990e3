import { scoreTile, updateTile } from './tiles';

// The three dense products of a step, in register tiles.
//
//            n outputs                               D dimensions
//          ┌───────────┐                           ┌───────────────┐
//   c      │ S = X·Yᵀ  │ → G = (label − σ(S))·rate │ dX = G·Y      │ c rows
//   inputs │           │   (gradient.ts)         → │ dY = Gᵀ·X     │ n rows
//          └───────────┘                           └───────────────┘
//
// Rows are addressed through tables, so they need not be copied into contiguous matrices.

function scores3x3(x: usize, y: usize, b: usize, o: usize, p: usize, s: usize): void {
  scoreTile(3, 3, x, y, b, o, p, s);
}
function scores3x2(x: usize, y: usize, b: usize, o: usize, p: usize, s: usize): void {
  scoreTile(3, 2, x, y, b, o, p, s);
}
function scores3x1(x: usize, y: usize, b: usize, o: usize, p: usize, s: usize): void {
  scoreTile(3, 1, x, y, b, o, p, s);
}
function scores2x3(x: usize, y: usize, b: usize, o: usize, p: usize, s: usize): void {
  scoreTile(2, 3, x, y, b, o, p, s);
}
function scores2x2(x: usize, y: usize, b: usize, o: usize, p: usize, s: usize): void {
  scoreTile(2, 2, x, y, b, o, p, s);
}
function scores2x1(x: usize, y: usize, b: usize, o: usize, p: usize, s: usize): void {
  scoreTile(2, 1, x, y, b, o, p, s);
}
function scores1x3(x: usize, y: usize, b: usize, o: usize, p: usize, s: usize): void {
  scoreTile(1, 3, x, y, b, o, p, s);
}
function scores1x2(x: usize, y: usize, b: usize, o: usize, p: usize, s: usize): void {
  scoreTile(1, 2, x, y, b, o, p, s);
}
function scores1x1(x: usize, y: usize, b: usize, o: usize, p: usize, s: usize): void {
  scoreTile(1, 1, x, y, b, o, p, s);
}

/**
 * S[i, j] = x_i · y_j. Writes up to 3 values past the n-th of each row of S; the pitch must leave room for them.
 * @param xs, ys tables of c and n row addresses
 * @param bytes length of a row, a multiple of 64
 * @param out address of S
 * @param pitch bytes per row of S
 * @param pairs 288 bytes of scratch
 */
export function scores(
  xs: usize, c: usize, ys: usize, n: usize, bytes: usize, out: usize, pitch: usize, pairs: usize,
): void {
  const triples = n - (n % 3);
  let i: usize = 0;
  while (i < c) {
    const left = c - i;
    const height: usize = left == 1 ? 1 : left == 2 || left == 4 ? 2 : 3;
    const to = out + i * pitch;
    const x = xs + (i << 2);
    for (let j: usize = 0; j < triples; j += 3) {
      if (height == 3) scores3x3(x, ys + (j << 2), bytes, to + (j << 2), pitch, pairs);
      else if (height == 2) scores2x3(x, ys + (j << 2), bytes, to + (j << 2), pitch, pairs);
      else scores1x3(x, ys + (j << 2), bytes, to + (j << 2), pitch, pairs);
    }
    if (n - triples == 2) {
      if (height == 3) scores3x2(x, ys + (triples << 2), bytes, to + (triples << 2), pitch, pairs);
      else if (height == 2) scores2x2(x, ys + (triples << 2), bytes, to + (triples << 2), pitch, pairs);
      else scores1x2(x, ys + (triples << 2), bytes, to + (triples << 2), pitch, pairs);
    } else if (n - triples == 1) {
      if (height == 3) scores3x1(x, ys + (triples << 2), bytes, to + (triples << 2), pitch, pairs);
      else if (height == 2) scores2x1(x, ys + (triples << 2), bytes, to + (triples << 2), pitch, pairs);
      else scores1x1(x, ys + (triples << 2), bytes, to + (triples << 2), pitch, pairs);
    }
    i += height;
  }
}

function update1(b: usize, t: usize, s: usize, m: usize, w: usize, p: usize, n: usize): void {
  updateTile(1, b, t, s, m, w, p, n);
}
function update2(b: usize, t: usize, s: usize, m: usize, w: usize, p: usize, n: usize): void {
  updateTile(2, b, t, s, m, w, p, n);
}
function update3(b: usize, t: usize, s: usize, m: usize, w: usize, p: usize, n: usize): void {
  updateTile(3, b, t, s, m, w, p, n);
}
function update4(b: usize, t: usize, s: usize, m: usize, w: usize, p: usize, n: usize): void {
  updateTile(4, b, t, s, m, w, p, n);
}
function update5(b: usize, t: usize, s: usize, m: usize, w: usize, p: usize, n: usize): void {
  updateTile(5, b, t, s, m, w, p, n);
}
function update6(b: usize, t: usize, s: usize, m: usize, w: usize, p: usize, n: usize): void {
  updateTile(6, b, t, s, m, w, p, n);
}

/**
 * target_h = base_h + Σ_i W[i, h]·source_i for all h < rows, in tiles of nearly equal height.
 * @param bases, targets, sources tables of row addresses
 * @param weights W [m, rows]
 * @param pitch bytes per row of W
 * @param bytes length of a row, a multiple of 64
 */
export function update(
  bases: usize, targets: usize, rows: usize, sources: usize, m: usize, weights: usize, pitch: usize, bytes: usize,
): void {
  let tiles = (rows + 5) / 6;
  for (let h: usize = 0; h < rows; tiles--) {
    const height = (rows - h + tiles - 1) / tiles;
    const from = bases + (h << 2);
    const to = targets + (h << 2);
    const weightRow = weights + (h << 2);
    if (height == 6) update6(from, to, sources, m, weightRow, pitch, bytes);
    else if (height == 5) update5(from, to, sources, m, weightRow, pitch, bytes);
    else if (height == 4) update4(from, to, sources, m, weightRow, pitch, bytes);
    else if (height == 3) update3(from, to, sources, m, weightRow, pitch, bytes);
    else if (height == 2) update2(from, to, sources, m, weightRow, pitch, bytes);
    else update1(from, to, sources, m, weightRow, pitch, bytes);
    h += height;
  }
}
