/** Rows whose codes are interleaved. */
const blockRows: u32 = 32;
/** Lower bound of the projection of a row on its code, which estimates are divided by. */
const minProjection: f32 = 0.25;

/**
 * Computes the PQ codes of int8 vectors (Jégou, Douze, Schmid, "Product quantization for nearest neighbor search",
 * 2011): for each pair of dimensions of row − mean, scaled to length 1, the index of the nearest of 16 centroids. For a
 * block of 32 rows, 16 bytes hold the indices for one pair of dimensions; the first 16 rows are in the lower four bits.
 *
 * @param values address of i8 [rows, stride]; stride is a multiple of 16
 * @param factors address of f32 [rows]
 * @param mean address of f32 [stride]
 * @param codebook address of f32 [stride / 2, 2, 16], one dimension after the other
 * @param halfSquaredNorms address of f32 [stride / 2, 16]: half the squared length of each centroid
 * @param codes address of u8 [rows / 32, stride / 2, 16], written
 * @param scales address of f32 [rows], written: (row − mean) · query ≈ scale × (centroids · query)
 * @returns the sum of (1 − c²) / c² over the rows, with c the cosine of row − mean and its code
 */
export function encode(
  values: usize,
  factors: usize,
  rows: u32,
  stride: usize,
  mean: usize,
  codebook: usize,
  halfSquaredNorms: usize,
  codes: usize,
  scales: usize,
): f64 {
  let squaredErrors: f64 = 0;
  for (let row: u32 = 0; row < rows; row++, values += stride) {
    const index = row & (blockRows - 1);
    if (row > 0 && index == 0) codes += stride << 3;
    const factor = f32.load(factors + (row << 2));
    const length = lengthOf(values, factor, mean, stride);
    const inverse: f32 = length > 0 ? 1 / length : 0;
    let projection: f32 = 0, squares: f32 = 0;
    let centroids = codebook, half = halfSquaredNorms;
    for (let i: usize = 0; i < stride; i += 2, centroids += 128, half += 64) {
      const first = f32x4.splat(valueOf(values + i, factor, mean + (i << 2)) * inverse);
      const second = f32x4.splat(valueOf(values + i + 1, factor, mean + (i << 2) + 4) * inverse);
      const a = distances(centroids, half, first, second);
      const b = distances(centroids + 16, half + 16, first, second);
      const c = distances(centroids + 32, half + 32, first, second);
      const d = distances(centroids + 48, half + 48, first, second);
      let least = f32x4.pmin(f32x4.pmin(a, b), f32x4.pmin(c, d));
      least = f32x4.pmin(least, v128.shuffle<i32>(least, least, 2, 3, 0, 1));
      least = f32x4.pmin(least, v128.shuffle<i32>(least, least, 1, 0, 3, 2));
      const nearest = i8x16.narrow_i16x8_s(
        i16x8.narrow_i32x4_s(f32x4.eq(a, least), f32x4.eq(b, least)),
        i16x8.narrow_i32x4_s(f32x4.eq(c, least), f32x4.eq(d, least)),
      );
      const centroid = <u32>ctz(i8x16.bitmask(nearest)) & 15;
      const halfSquaredNorm = f32.load(half + (centroid << 2));
      projection += halfSquaredNorm - f32x4.extract_lane(least, 0);
      squares += 2 * halfSquaredNorm;
      const at = codes + (i << 3) + (index & 15);
      store<u8>(at, index < 16 ? <u8>centroid : load<u8>(at) | <u8>(centroid << 4));
    }
    const divisor = Mathf.max(projection, minProjection);
    f32.store(scales + (row << 2), length / divisor);
    if (length > 0) squaredErrors += Math.max(0, <f64>squares / (<f64>divisor * <f64>divisor) - 1);
  }
  return squaredErrors;
}

// @ts-ignore: decorator
@inline
function valueOf(at: usize, factor: f32, mean: usize): f32 {
  return <f32>load<i8>(at) * factor - f32.load(mean);
}

// @ts-ignore: decorator
@inline
function lengthOf(at: usize, factor: f32, mean: usize, stride: usize): f32 {
  const factors = f32x4.splat(factor);
  let sum = f32x4.splat(0);
  for (const end = at + stride; at < end; at += 4, mean += 16) {
    const values = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(at))));
    const difference = f32x4.sub(f32x4.mul(values, factors), v128.load(mean));
    sum = f32x4.add(sum, f32x4.mul(difference, difference));
  }
  const low = f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1);
  const high = f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3);
  return Mathf.sqrt(low + high);
}

/**
 * Half the squared distances to four centroids, minus the half squared length of the row, which is the same for all.
 */
// @ts-ignore: decorator
@inline
function distances(centroids: usize, halfSquaredNorms: usize, first: v128, second: v128): v128 {
  const partial = f32x4.sub(v128.load(halfSquaredNorms), f32x4.mul(v128.load(centroids), first));
  return f32x4.sub(partial, f32x4.mul(v128.load(centroids, 64), second));
}
