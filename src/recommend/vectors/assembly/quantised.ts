// @ts-ignore: decorator
@inline
export function total(v: v128): i32 {
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

/** Products of one row with two queries, as i32 in the first two lanes. */
// @ts-ignore: decorator
@inline
export function quantisedProducts(row: usize, end: usize, first: usize, second: usize): v128 {
  let a = i32x4.splat(0), b = i32x4.splat(0);
  for (; row < end; row += 16, first += 32, second += 32) {
    const low = v128.load8x8_s(row), high = v128.load8x8_s(row, 8);
    a = i32x4.add(
      a,
      i32x4.add(i32x4.dot_i16x8_s(low, v128.load(first)), i32x4.dot_i16x8_s(high, v128.load(first, 16))),
    );
    b = i32x4.add(
      b,
      i32x4.add(i32x4.dot_i16x8_s(low, v128.load(second)), i32x4.dot_i16x8_s(high, v128.load(second, 16))),
    );
  }
  const halves = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  return i32x4.add(halves, v128.shuffle<i32>(halves, halves, 2, 3, 0, 1));
}

/**
 * Scores all rows: factor times the product of int8 vector and query. The speed is limited by memory bandwidth.
 *
 * @param matrix address of i8 [rows, stride]; stride is a multiple of 16
 * @param factors address of f32 [rows]
 * @param query address of i16 [stride]
 * @param unit the value of one unit of the query
 * @param scores address of f32 [rows], written
 */
export function scanQuantised(
  matrix: usize,
  factors: usize,
  rows: u32,
  stride: usize,
  query: usize,
  unit: f32,
  scores: usize,
): void {
  for (let row: u32 = 0; row < rows; row++, matrix += stride) {
    f32.store(
      scores + (row << 2),
      <f32>quantisedProduct(matrix, matrix + stride, query) * f32.load(factors + (row << 2)) * unit,
    );
  }
}

/**
 * Scores some rows; see `scanQuantised`.
 *
 * @param list address of u32 [count]: the rows
 * @param scores address of f32 [count], written
 */
export function scanRowsQuantised(
  matrix: usize,
  factors: usize,
  list: usize,
  count: u32,
  stride: usize,
  query: usize,
  unit: f32,
  scores: usize,
): void {
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(list + (i << 2));
    const start = matrix + <usize>row * stride;
    f32.store(
      scores + (i << 2),
      <f32>quantisedProduct(start, start + stride, query) * f32.load(factors + (row << 2)) * unit,
    );
  }
}

/**
 * Finds the approximately best rows by a query in seven bits, which takes half as many instructions as one in 16 bits.
 * A heap keeps the best rows with the worst on top, so that one comparison rejects most rows. Only rows that would
 * enter the heap are looked up among the excluded ones. With ties the lower row is better. Groups of four rows share
 * the loads of the query.
 *
 * @param sums address of i32 [rows]: the sum of each int8 vector
 * @param first the row at the start of matrix, factors and sums; calls have ascending rows
 * @param query address of u8 [stride], 0 to 127: the query with an offset of 64
 * @param excluded address of one bit per row: 1 if it is excluded; 0 for none
 * @param heap address of [capacity] pairs of f32 score and u32 row
 * @param size the number of pairs in the heap
 * @returns the new size
 */
export function nearestQuantised(
  matrix: usize,
  factors: usize,
  sums: usize,
  first: u32,
  rows: u32,
  stride: usize,
  query: usize,
  unit: f32,
  excluded: usize,
  heap: usize,
  size: u32,
  capacity: u32,
): u32 {
  let worst: f32 = size < capacity ? -Infinity : f32.load(heap);
  let row = first;
  const units = f32x4.splat(unit);
  for (const end = first + (rows & ~3); row < end; row += 4, matrix += stride << 2, factors += 16, sums += 16) {
    const products = i32x4.sub(productsOfFour(matrix, stride, query), i32x4.shl(v128.load(sums), 6));
    const scores = f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(products), v128.load(factors)), units);
    if (size == capacity && !v128.any_true(f32x4.gt(scores, f32x4.splat(worst)))) continue;
    for (let i: u32 = 0; i < 4; i++) {
      const score = laneOf(scores, i);
      if (score <= worst && size == capacity) continue;
      if (excluded && isExcluded(excluded, row + i)) continue;
      size = pushBounded(heap, size, capacity, score, row + i);
      if (size == capacity) worst = f32.load(heap);
    }
  }
  for (const end = first + rows; row < end; row++, matrix += stride, factors += 4, sums += 4) {
    let products = i32x4.splat(0);
    for (let i: usize = 0; i < stride; i += 16)
      products = i32x4.add(products, productsOfSixteen(matrix + i, v128.load(query + i)));
    const score = <f32>(total(products) - (load<i32>(sums) << 6)) * f32.load(factors) * unit;
    if (score <= worst && size == capacity) continue;
    if (excluded && isExcluded(excluded, row)) continue;
    size = pushBounded(heap, size, capacity, score, row);
    if (size == capacity) worst = f32.load(heap);
  }
  return size;
}

/** Products of four rows with a query in seven bits, as i32 in the order of the rows. */
// @ts-ignore: decorator
@inline
function productsOfFour(first: usize, stride: usize, query: usize): v128 {
  const second = first + stride, third = second + stride, fourth = third + stride;
  let a = i32x4.splat(0), b = i32x4.splat(0), c = i32x4.splat(0), d = i32x4.splat(0);
  for (let i: usize = 0; i < stride; i += 16) {
    const values = v128.load(query + i);
    a = i32x4.add(a, productsOfSixteen(first + i, values));
    b = i32x4.add(b, productsOfSixteen(second + i, values));
    c = i32x4.add(c, productsOfSixteen(third + i, values));
    d = i32x4.add(d, productsOfSixteen(fourth + i, values));
  }
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<i64>(ab, cd, 0, 2), v128.shuffle<i64>(ab, cd, 1, 3));
}

/**
 * Multiplies 16 values of int8 with 16 values from 0 to 127, and adds the products to four sums. The sum of two
 * products fits into 16 bits, so that the result of the relaxed instruction does not depend on the processor.
 */
// @ts-ignore: decorator
@inline
function productsOfSixteen(row: usize, values: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD)
    return i32x4.extadd_pairwise_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(v128.load(row), values));
  return i32x4.add(
    i32x4.dot_i16x8_s(v128.load8x8_s(row), i16x8.extend_low_i8x16_u(values)),
    i32x4.dot_i16x8_s(v128.load8x8_s(row, 8), i16x8.extend_high_i8x16_u(values)),
  );
}

// @ts-ignore: decorator
@inline
function laneOf(scores: v128, lane: u32): f32 {
  if (lane < 2) return lane == 0 ? f32x4.extract_lane(scores, 0) : f32x4.extract_lane(scores, 1);
  return lane == 2 ? f32x4.extract_lane(scores, 2) : f32x4.extract_lane(scores, 3);
}

// @ts-ignore: decorator
@inline
export function isExcluded(excluded: usize, row: u32): bool {
  return <bool>((<u32>load<u8>(excluded + (row >> 3)) >> (row & 7)) & 1);
}

/** Adds a row to a heap of limited capacity. If the heap is full, the row replaces the worst one. */
export function pushBounded(heap: usize, size: u32, capacity: u32, score: f32, row: u32): u32 {
  if (size < capacity) {
    let index = size;
    while (index > 0) {
      const parent: u32 = (index - 1) >> 1;
      const above = heap + (parent << 3);
      if (!isWorse(score, row, above)) break;
      store<u64>(heap + (index << 3), load<u64>(above));
      index = parent;
    }
    storePair(heap + (index << 3), score, row);
    return size + 1;
  }
  let index: u32 = 0;
  for (;;) {
    let child: u32 = 2 * index + 1;
    if (child >= size) break;
    let below = heap + (child << 3);
    if (child + 1 < size && isWorse(f32.load(below, 8), load<u32>(below, 12), below)) {
      child++;
      below += 8;
    }
    if (isWorse(score, row, below)) break;
    store<u64>(heap + (index << 3), load<u64>(below));
    index = child;
  }
  storePair(heap + (index << 3), score, row);
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
function storePair(at: usize, score: f32, row: u32): void {
  f32.store(at, score);
  store<u32>(at, row, 4);
}
