import { isExcluded, pushBounded, quantisedProduct } from './quantised';

/** Rows of a block of PQ codes. */
const blockRows: u32 = 32;
/** The largest value of the lookup table: the sum of four still fits into eight bits. */
const maxTableValue: f32 = 63;

/**
 * Computes the lookup table of a query: its products with all centroids, minus the minimum of each subvector, scaled to
 * 0 to 63.
 *
 * @param codebook address of f32 [stride / 2, 2, 16]: 16 centroids for each pair of dimensions, dimension by dimension
 * @param query address of f32 [stride]; stride is a multiple of 16
 * @param products address of f32 [stride / 2, 16], overwritten; the first becomes the sum of the minima
 * @param table address of u8 [stride / 2, 16], written
 * @returns the value of one unit of the table
 */
export function fillLookupTable(codebook: usize, stride: usize, query: usize, products: usize, table: usize): f32 {
  const size = stride << 5;
  let least: f32 = 0, widestRange: f32 = 0;
  for (let at: usize = 0; at < size; at += 64, query += 8, codebook += 128) {
    const a = productsOf(codebook, query),
      b = productsOf(codebook + 16, query),
      c = productsOf(codebook + 32, query),
      d = productsOf(codebook + 48, query);
    const low = f32x4.min(f32x4.min(a, b), f32x4.min(c, d)), high = f32x4.max(f32x4.max(a, b), f32x4.max(c, d));
    const min = Mathf.min(
      Mathf.min(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1)),
      Mathf.min(f32x4.extract_lane(low, 2), f32x4.extract_lane(low, 3)),
    );
    const max = Mathf.max(
      Mathf.max(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1)),
      Mathf.max(f32x4.extract_lane(high, 2), f32x4.extract_lane(high, 3)),
    );
    const from = f32x4.splat(min);
    v128.store(products + at, f32x4.sub(a, from));
    v128.store(products + at, f32x4.sub(b, from), 16);
    v128.store(products + at, f32x4.sub(c, from), 32);
    v128.store(products + at, f32x4.sub(d, from), 48);
    least += min;
    widestRange = Mathf.max(widestRange, max - min);
  }
  const scale = f32x4.splat(widestRange > 0 ? maxTableValue / widestRange : 0);
  for (let at: usize = 0; at < size; at += 64, table += 16) {
    const low = i16x8.narrow_i32x4_s(rounded(products + at, scale), rounded(products + at + 16, scale));
    const high = i16x8.narrow_i32x4_s(rounded(products + at + 32, scale), rounded(products + at + 48, scale));
    v128.store(table, i8x16.narrow_i16x8_u(low, high));
  }
  f32.store(products, least);
  return widestRange / maxTableValue;
}

/** Products of four centroids with the two query values of their subvector. */
// @ts-ignore: decorator
@inline
function productsOf(centroids: usize, query: usize): v128 {
  return f32x4.add(
    f32x4.mul(v128.load(centroids), v128.load32_splat(query)),
    f32x4.mul(v128.load(centroids, 64), v128.load32_splat(query, 4)),
  );
}

// @ts-ignore: decorator
@inline
function rounded(at: usize, scale: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(at), scale)));
}

/**
 * Lists the rows whose upper bound reaches the best estimates. One instruction looks up the products of 16 rows in a
 * table in registers (André, Kermarrec, Le Scouarnec, "Cache locality is not enough", 2015). A heap keeps the best
 * estimates, so the list stays a small multiple of its capacity for any order of rows.
 *
 * @param codes address of u8 [rows / 32, stride / 2, 16], see `encode`; the first row is the first of a block
 * @param scales address of f32 [rows, rounded up to 32]
 * @param table address of u8 [stride / 2, 16]
 * @param tableUnit the value of one unit of the table
 * @param least the sum of the minima of the table
 * @param margin how far a product may exceed its estimate
 * @param first the first row
 * @param excluded address of one bit per row: 1 if it is excluded; 0 for none
 * @param heap address of [capacity] pairs of f32 estimate and u32 row
 * @param list address of [rows of the matrix] pairs of f32 upper bound and u32 row
 * @param progress address of two u32, updated: the number of pairs in the heap, and in the list
 * @param estimates address of f32 [32], overwritten
 */
export function listCandidates(
  codes: usize,
  scales: usize,
  table: usize,
  tableUnit: f32,
  least: f32,
  margin: f32,
  first: u32,
  rows: u32,
  stride: usize,
  excluded: usize,
  heap: usize,
  capacity: u32,
  list: usize,
  progress: usize,
  estimates: usize,
): void {
  let size = load<u32>(progress), listed = load<u32>(progress, 4);
  let worst: f32 = size < capacity ? -Infinity : f32.load(heap);
  const end = first + rows;
  for (let block = first; block < end; block += blockRows, codes += stride << 3, scales += 128) {
    let candidates = estimateBlock(codes, scales, stride, table, tableUnit, least + margin, worst, estimates);
    if (end - block < blockRows) candidates &= (1 << (end - block)) - 1;
    for (; candidates; candidates &= candidates - 1) {
      const at = <usize>ctz(candidates) << 2;
      const row = block + <u32>(at >> 2);
      const upperBound = f32.load(estimates + at);
      if (upperBound <= worst) continue;
      if (excluded && isExcluded(excluded, row)) continue;
      f32.store(list + (listed << 3), upperBound);
      store<u32>(list + (listed << 3), row, 4);
      listed++;
      const estimate = upperBound - margin * f32.load(scales + at);
      if (estimate <= worst) continue;
      size = pushBounded(heap, size, capacity, estimate, row);
      if (size == capacity) worst = f32.load(heap);
    }
  }
  store<u32>(progress, size);
  store<u32>(progress, listed, 4);
}

/**
 * Scores the listed rows whose upper bound reaches the worst of the best estimates. The heap of scores replaces the
 * heap of estimates. For other parameters see `listCandidates`.
 *
 * @param estimateCapacity the capacity of the heap of estimates
 * @param capacity the capacity of the heap of scores
 * @param matrix address of i8 [rows, stride]
 * @param factors address of f32 [rows]
 * @param query address of i16 [stride]
 * @param unit the value of one unit of the query
 * @returns the number of pairs of f32 score and u32 row in the heap
 */
export function scoreCandidates(
  list: usize,
  progress: usize,
  heap: usize,
  estimateCapacity: u32,
  capacity: u32,
  matrix: usize,
  factors: usize,
  stride: usize,
  query: usize,
  unit: f32,
): u32 {
  const end = list + (<usize>load<u32>(progress, 4) << 3);
  const least: f32 = load<u32>(progress) < estimateCapacity ? -Infinity : f32.load(heap);
  let worst: f32 = -Infinity;
  let size: u32 = 0;
  for (; list < end; list += 8) {
    if (f32.load(list) < least) continue;
    const row = load<u32>(list, 4);
    const start = matrix + <usize>row * stride;
    const score = <f32>quantisedProduct(start, start + stride, query) * f32.load(factors + (<usize>row << 2)) * unit;
    if (score <= worst && size == capacity) continue;
    size = pushBounded(heap, size, capacity, score, row);
    if (size == capacity) worst = f32.load(heap);
  }
  return size;
}

/** Estimates a block of rows. Returns one bit per row: 1 if its upper bound is above `worst`. */
// @ts-ignore: decorator
@inline
function estimateBlock(
  codes: usize,
  scales: usize,
  stride: usize,
  table: usize,
  unit: f32,
  least: f32,
  worst: f32,
  estimates: usize,
): u32 {
  const nibble = i8x16.splat(15);
  let a = i16x8.splat(0), b = i16x8.splat(0), c = i16x8.splat(0), d = i16x8.splat(0);
  for (const end = codes + (stride << 3); codes < end; codes += 64, table += 64) {
    let low = i8x16.splat(0), high = i8x16.splat(0);
    for (let part: usize = 0; part < 64; part += 16) {
      const both = v128.load(codes + part), products = v128.load(table + part);
      low = i8x16.add(low, lookUp(products, v128.and(both, nibble)));
      high = i8x16.add(high, lookUp(products, v128.and(i16x8.shr_u(both, 4), nibble)));
    }
    a = i16x8.add(a, i16x8.extend_low_i8x16_u(low));
    b = i16x8.add(b, i16x8.extend_high_i8x16_u(low));
    c = i16x8.add(c, i16x8.extend_low_i8x16_u(high));
    d = i16x8.add(d, i16x8.extend_high_i8x16_u(high));
  }
  const least4 = f32x4.splat(least), unit4 = f32x4.splat(unit), worst4 = f32x4.splat(worst);
  return (
    above(a, scales, unit4, least4, worst4, estimates) |
    (above(b, scales + 32, unit4, least4, worst4, estimates + 32) << 8) |
    (above(c, scales + 64, unit4, least4, worst4, estimates + 64) << 16) |
    (above(d, scales + 96, unit4, least4, worst4, estimates + 96) << 24)
  );
}

// @ts-ignore: decorator
@inline
function lookUp(products: v128, codes: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i8x16.relaxed_swizzle(products, codes);
  return i8x16.swizzle(products, codes);
}

// @ts-ignore: decorator
@inline
function above(sums: v128, scales: usize, unit: v128, least: v128, worst: v128, estimates: usize): u32 {
  const low = estimated(i32x4.extend_low_i16x8_u(sums), v128.load(scales), unit, least),
    high = estimated(i32x4.extend_high_i16x8_u(sums), v128.load(scales, 16), unit, least);
  v128.store(estimates, low);
  v128.store(estimates, high, 16);
  return <u32>(
    i8x16.bitmask(
      i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(f32x4.gt(low, worst), f32x4.gt(high, worst)), i16x8.splat(0)),
    )
  );
}

// @ts-ignore: decorator
@inline
function estimated(sums: v128, scales: v128, unit: v128, least: v128): v128 {
  return f32x4.mul(f32x4.add(f32x4.mul(f32x4.convert_i32x4_u(sums), unit), least), scales);
}
