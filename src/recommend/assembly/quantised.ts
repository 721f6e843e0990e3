// @ts-ignore: decorator
@inline
function total(v: v128): i32 {
  return i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3);
}

// @ts-ignore: decorator
@inline
export function quantisedProduct(row: usize, end: usize, query: usize): i32 {
  let a = i32x4.splat(0), b = i32x4.splat(0);
  for (; row < end; row += 16, query += 32) {
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load8x8_s(row), v128.load(query)));
    b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load8x8_s(row, 8), v128.load(query, 16)));
  }
  return total(i32x4.add(a, b));
}

/** The products of one row with two queries, in the first two lanes, i32. */
// @ts-ignore: decorator
@inline
export function quantisedProducts(row: usize, end: usize, first: usize, second: usize): v128 {
  let a = i32x4.splat(0), b = i32x4.splat(0);
  for (; row < end; row += 16, first += 32, second += 32) {
    const low = v128.load8x8_s(row), high = v128.load8x8_s(row, 8);
    a = i32x4.add(a, i32x4.add(i32x4.dot_i16x8_s(low, v128.load(first)), i32x4.dot_i16x8_s(high, v128.load(first, 16))));
    b = i32x4.add(b, i32x4.add(i32x4.dot_i16x8_s(low, v128.load(second)), i32x4.dot_i16x8_s(high, v128.load(second, 16))));
  }
  const halves = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  return i32x4.add(halves, v128.shuffle<i32>(halves, halves, 2, 3, 0, 1));
}

/**
 * The factor of each row times its bytes · query, at the speed of memory.
 *
 * @param matrix address of i8 [rows, stride]; stride is a multiple of 16
 * @param factors address of f32 [rows]
 * @param query address of i16 [stride]
 * @param unit what 1 in the query stands for
 * @param scores address of f32 [rows], written
 */
export function scanQuantised(matrix: usize, factors: usize, rows: u32, stride: usize, query: usize, unit: f32, scores: usize): void {
  for (let row: u32 = 0; row < rows; row++, matrix += stride) {
    f32.store(scores + (row << 2), <f32>quantisedProduct(matrix, matrix + stride, query) * f32.load(factors + (row << 2)) * unit);
  }
}

/**
 * The same for a few rows only.
 *
 * @param list address of u32 [count]: the rows
 * @param scores address of f32 [count], written
 */
export function scanRowsQuantised(matrix: usize, factors: usize, list: usize, count: u32, stride: usize, query: usize, unit: f32, scores: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(list + (i << 2));
    const start = matrix + <usize>row * stride;
    f32.store(scores + (i << 2), <f32>quantisedProduct(start, start + stride, query) * f32.load(factors + (row << 2)) * unit);
  }
}

/**
 * The same for all rows, but only the best are kept: in a heap with the worst of them on top, so that one comparison turns most rows
 * away, and only what would enter is looked up among the excluded. Of equal scores the lower row is the better one.
 *
 * @param first the row that the matrix and its factors start with here; rows come in rising order
 * @param excluded address of a bit for each row, 1 for those to be passed over; 0 for none
 * @param heap address of [capacity] pairs of f32 score and u32 row, of which `size` are there
 * @returns the new size
 */
export function nearestQuantised(matrix: usize, factors: usize, first: u32, rows: u32, stride: usize, query: usize, unit: f32, excluded: usize, heap: usize, size: u32, capacity: u32): u32 {
  let worst: f32 = size < capacity ? -Infinity : f32.load(heap);
  for (let row = first; row < first + rows; row++, matrix += stride, factors += 4) {
    const score = <f32>quantisedProduct(matrix, matrix + stride, query) * f32.load(factors) * unit;
    if (score <= worst && size == capacity) continue;
    if (excluded && isExcluded(excluded, row)) continue;
    size = keep(heap, size, capacity, score, row);
    if (size == capacity) worst = f32.load(heap);
  }
  return size;
}

// @ts-ignore: decorator
@inline
export function isExcluded(excluded: usize, row: u32): bool {
  return <bool>((<u32>load<u8>(excluded + (row >> 3)) >> (row & 7)) & 1);
}

/** Puts a row into the heap, in the place of the worst one where it is full. */
export function keep(heap: usize, size: u32, capacity: u32, score: f32, row: u32): u32 {
  if (size < capacity) {
    let place = size;
    while (place > 0) {
      const parent: u32 = (place - 1) >> 1;
      const above = heap + (parent << 3);
      if (!isWorse(score, row, above)) break;
      store<u64>(heap + (place << 3), load<u64>(above));
      place = parent;
    }
    put(heap + (place << 3), score, row);
    return size + 1;
  }
  let place: u32 = 0;
  for (;;) {
    let child: u32 = 2 * place + 1;
    if (child >= size) break;
    let below = heap + (child << 3);
    if (child + 1 < size && isWorse(f32.load(below, 8), load<u32>(below, 12), below)) {
      child++;
      below += 8;
    }
    if (isWorse(score, row, below)) break;
    store<u64>(heap + (place << 3), load<u64>(below));
    place = child;
  }
  put(heap + (place << 3), score, row);
  return size;
}

// @ts-ignore: decorator
@inline
function isWorse(score: f32, row: u32, other: usize): bool {
  const otherScore = f32.load(other);
  return score < otherScore || (score == otherScore && row > load<u32>(other, 4));
}

// @ts-ignore: decorator
@inline
function put(place: usize, score: f32, row: u32): void {
  f32.store(place, score);
  store<u32>(place, row, 4);
}
