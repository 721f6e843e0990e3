// @ts-ignore: decorator
@inline
export function product(row: usize, rowBytes: usize, query: usize): f32 {
  let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0), d = f32x4.splat(0);
  for (let i: usize = 0; i < rowBytes; i += 64) {
    a = multiplyAdd(v128.load(row + i), v128.load(query + i), a);
    b = multiplyAdd(v128.load(row + i, 16), v128.load(query + i, 16), b);
    c = multiplyAdd(v128.load(row + i, 32), v128.load(query + i, 32), c);
    d = multiplyAdd(v128.load(row + i, 48), v128.load(query + i, 48), d);
  }
  return total(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
}

// @ts-ignore: decorator
@inline
function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(f32x4.mul(a, b), sum);
}

// @ts-ignore: decorator
@inline
function total(v: v128): f32 {
  return (f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1)) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}
