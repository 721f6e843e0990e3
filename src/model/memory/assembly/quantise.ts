export { encode } from './encode';

/**
 * Makes a row of signed bytes of each row of floats: the largest value of a row becomes ±127, and its factor takes the
 * bytes back. On the way each row is checked and its length taken, in double precision.
 *
 * @param source address of f32 [rows, stride]; stride is a multiple of 16
 * @param target address of i8 [rows, stride], written
 * @param factors address of f32 [rows], written: row ≈ factor × bytes, or row / length ≈ factor × bytes with `inverseNorms`
 * @param sums address of i32 [rows], written: the sum of the bytes of each row
 * @param inverseNorms address of f32 [rows], written: 1 / length, 0 for rows that count as zero; or 0 where it is not wanted
 * @returns the first row that is not finite or longer than 1e18, or `rows`
 */
export function quantise(source: usize, rows: u32, stride: usize, target: usize, factors: usize, sums: usize, inverseNorms: usize): u32 {
  for (let row: u32 = 0; row < rows; row++) {
    let most = f32x4.splat(0);
    let low = f64x2.splat(0), high = f64x2.splat(0);
    const end = source + (stride << 2);
    for (let at = source; at < end; at += 16) {
      const values = v128.load(at);
      most = f32x4.max(most, f32x4.abs(values));
      const first = f64x2.promote_low_f32x4(values);
      const second = f64x2.promote_low_f32x4(v128.shuffle<f32>(values, values, 2, 3, 2, 3));
      low = f64x2.add(low, f64x2.mul(first, first));
      high = f64x2.add(high, f64x2.mul(second, second));
    }
    const sum = f64x2.add(low, high);
    const length = Math.sqrt(f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
    if (!(length <= 1e18)) return row;
    const isZero = length < 1e-18;
    const largest: f32 = max(max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)), max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)));
    const inverse: f32 = isZero ? 0 : <f32>(1 / length);
    const back: f64 = isZero ? 0 : <f64>largest / 127;
    f32.store(factors, <f32>(inverseNorms ? back / length : back));
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
    store<i32>(sums, i32x4.extract_lane(total, 0) + i32x4.extract_lane(total, 1) + i32x4.extract_lane(total, 2) + i32x4.extract_lane(total, 3));
    sums += 4;
  }
  return rows;
}

// @ts-ignore: decorator
@inline
function rounded(at: usize, scale: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(at), scale)));
}
