export { encode } from './encode';

/**
 * Converts each row of float32 to an int8 vector: the largest absolute value becomes ±127. The length of each row is
 * computed in double precision, and rows that are not finite are rejected.
 *
 * @param source address of f32 [rows, stride]; stride is a multiple of 16
 * @param target address of i8 [rows, stride], written
 * @param factors address of f32 [rows], written: row ≈ factor × values; with `inverseNorms`, row / length ≈ factor ×
 *   values
 * @param sums address of i32 [rows], written: the sum of the int8 values of each row
 * @param inverseNorms address of f32 [rows], written: 1 / length, 0 for rows shorter than 1e-18; or 0 to skip it
 * @returns the first row that is not finite or longer than 1e18, or `rows`
 */
export function quantise(
  source: usize,
  rows: u32,
  stride: usize,
  target: usize,
  factors: usize,
  sums: usize,
  inverseNorms: usize,
): u32 {
  for (let row: u32 = 0; row < rows; row++) {
    let maxima = f32x4.splat(0);
    let low = f64x2.splat(0), high = f64x2.splat(0);
    const end = source + (stride << 2);
    for (let at = source; at < end; at += 16) {
      const values = v128.load(at);
      maxima = f32x4.max(maxima, f32x4.abs(values));
      const first = f64x2.promote_low_f32x4(values);
      const second = f64x2.promote_low_f32x4(v128.shuffle<f32>(values, values, 2, 3, 2, 3));
      low = f64x2.add(low, f64x2.mul(first, first));
      high = f64x2.add(high, f64x2.mul(second, second));
    }
    const sum = f64x2.add(low, high);
    const length = Math.sqrt(f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
    if (!(length <= 1e18)) return row;
    const isZero = length < 1e-18;
    const largest: f32 = max(
      max(f32x4.extract_lane(maxima, 0), f32x4.extract_lane(maxima, 1)),
      max(f32x4.extract_lane(maxima, 2), f32x4.extract_lane(maxima, 3)),
    );
    const inverse: f32 = isZero ? 0 : <f32>(1 / length);
    const step: f64 = isZero ? 0 : <f64>largest / 127;
    f32.store(factors, <f32>(inverseNorms ? step / length : step));
    if (isZero) f32.store(factors, 0);
    if (inverseNorms) {
      f32.store(inverseNorms, inverse);
      inverseNorms += 4;
    }
    factors += 4;

    const scale = f32x4.splat(isZero ? 0 : 127 / largest);
    let total = i32x4.splat(0);
    for (; source < end; source += 64, target += 16) {
      const a = i16x8.narrow_i32x4_s(rounded(source, scale), rounded(source + 16, scale));
      const b = i16x8.narrow_i32x4_s(rounded(source + 32, scale), rounded(source + 48, scale));
      const bytes = i8x16.narrow_i16x8_s(a, b);
      v128.store(target, bytes);
      total = i32x4.add(total, i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(bytes)));
    }
    const lowTotal = i32x4.extract_lane(total, 0) + i32x4.extract_lane(total, 1);
    const highTotal = i32x4.extract_lane(total, 2) + i32x4.extract_lane(total, 3);
    store<i32>(sums, lowTotal + highTotal);
    sums += 4;
  }
  return rows;
}

// @ts-ignore: decorator
@inline
function rounded(at: usize, scale: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(at), scale)));
}
