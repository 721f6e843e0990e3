/** Rows of a block of codes. */
const blockRows: u32 = 32;
/** Less of itself than this no row has in its code: what an estimate is divided by. */
const leastAlong: f32 = 0.25;

/**
 * Makes a code of each row of bytes: of each two dimensions of the row, less the mean row and at length 1, the number of the nearest of their sixteen centroids
 * (Jégou, Douze, Schmid, "Product quantization for nearest neighbor search", 2011). Of 32 rows the numbers for one part
 * stand in sixteen bytes, those of the first sixteen rows in the lower halves.
 *
 * @param bytes address of i8 [rows, stride]; stride is a multiple of 16
 * @param factors address of f32 [rows]
 * @param mean address of f32 [stride]: what all rows have in common, so that it does not tell them apart
 * @param codebook address of f32 [stride / 2, 2, 16], one dimension after the other
 * @param halves address of f32 [stride / 2, 16]: half the square of each centroid's length
 * @param codes address of u8 [rows / 32, stride / 2, 16], written
 * @param scales address of f32 [rows], written: (row − mean) · query ≈ scale × (centroids · query)
 * @returns the sum of (1 − c²) / c² over the rows, with c the cosine of a row, less the mean, and its code
 */
export function encode(bytes: usize, factors: usize, rows: u32, stride: usize, mean: usize, codebook: usize, halves: usize, codes: usize, scales: usize): f64 {
  let spread: f64 = 0;
  for (let row: u32 = 0; row < rows; row++, bytes += stride) {
    const place = row & (blockRows - 1);
    if (row > 0 && place == 0) codes += stride << 3;
    const factor = f32.load(factors + (row << 2));
    const length = lengthOf(bytes, factor, mean, stride);
    const inverse: f32 = length > 0 ? 1 / length : 0;
    let along: f32 = 0, squares: f32 = 0;
    let centroids = codebook, half = halves;
    for (let i: usize = 0; i < stride; i += 2, centroids += 128, half += 64) {
      const first = f32x4.splat(valueOf(bytes + i, factor, mean + (i << 2)) * inverse), second = f32x4.splat(valueOf(bytes + i + 1, factor, mean + (i << 2) + 4) * inverse);
      const a = distances(centroids, half, first, second), b = distances(centroids + 16, half + 16, first, second), c = distances(centroids + 32, half + 32, first, second), d = distances(centroids + 48, half + 48, first, second);
      let least = f32x4.pmin(f32x4.pmin(a, b), f32x4.pmin(c, d));
      least = f32x4.pmin(least, v128.shuffle<i32>(least, least, 2, 3, 0, 1));
      least = f32x4.pmin(least, v128.shuffle<i32>(least, least, 1, 0, 3, 2));
      const nearest = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(f32x4.eq(a, least), f32x4.eq(b, least)), i16x8.narrow_i32x4_s(f32x4.eq(c, least), f32x4.eq(d, least)));
      const centroid = <u32>ctz(i8x16.bitmask(nearest)) & 15;
      const itsHalf = f32.load(half + (centroid << 2));
      along += itsHalf - f32x4.extract_lane(least, 0);
      squares += 2 * itsHalf;
      const at = codes + (i << 3) + (place & 15);
      store<u8>(at, place < 16 ? <u8>centroid : load<u8>(at) | <u8>(centroid << 4));
    }
    const inCode = Mathf.max(along, leastAlong);
    f32.store(scales + (row << 2), length / inCode);
    if (length > 0) spread += Math.max(0, <f64>squares / (<f64>inCode * <f64>inCode) - 1);
  }
  return spread;
}

// @ts-ignore: decorator
@inline
function valueOf(byte: usize, factor: f32, mean: usize): f32 {
  return <f32>load<i8>(byte) * factor - f32.load(mean);
}

// @ts-ignore: decorator
@inline
function lengthOf(bytes: usize, factor: f32, mean: usize, stride: usize): f32 {
  const factors = f32x4.splat(factor);
  let sum = f32x4.splat(0);
  for (const end = bytes + stride; bytes < end; bytes += 4, mean += 16) {
    const values = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(bytes))));
    const some = f32x4.sub(f32x4.mul(values, factors), v128.load(mean));
    sum = f32x4.add(sum, f32x4.mul(some, some));
  }
  return Mathf.sqrt((f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1)) + (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3)));
}

/** Half the squares of the distances to four centroids, less what is the same for all of them. */
// @ts-ignore: decorator
@inline
function distances(centroids: usize, halves: usize, first: v128, second: v128): v128 {
  return f32x4.sub(f32x4.sub(v128.load(halves), f32x4.mul(v128.load(centroids), first)), f32x4.mul(v128.load(centroids, 64), second));
}
