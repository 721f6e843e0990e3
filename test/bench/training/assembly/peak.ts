// Multiply-adds on registers only, in ten independent chains: the peak of 128-bit vectors.

// @ts-ignore: decorator
@inline
function madd(a: v128, b: v128, c: v128): v128 { return f32x4.relaxed_madd(a, b, c); }

export const CHAINS: i32 = 10;

export function peak(rounds: i32): void {
  const x = v128.load(0), y = v128.load(16);
  let a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x;
  for (let round = 0; round < rounds; round++) {
    a = madd(x, y, a); b = madd(x, y, b); c = madd(x, y, c); d = madd(x, y, d); e = madd(x, y, e);
    f = madd(x, y, f); g = madd(x, y, g); h = madd(x, y, h); i = madd(x, y, i); j = madd(x, y, j);
  }
  v128.store(1000, a); v128.store(1100, b); v128.store(1200, c); v128.store(1300, d); v128.store(1400, e);
  v128.store(1500, f); v128.store(1600, g); v128.store(1700, h); v128.store(1800, i); v128.store(1900, j);
}
