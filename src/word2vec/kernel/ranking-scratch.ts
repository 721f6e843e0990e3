/** Queries and songs per matrix product, small enough for the level 1 cache. */
export const queriesAtOnce = 24;
export const songsAtOnce = 48;

/**
 * Layout of a thread's scratch for ranking: query vectors [cases, stride], tables of row addresses, the product with
 * the pitch that `scores` (assembly/products.ts) needs, and the scratch of `scores`.
 */
export function planRanking(start: number, cases: number, stride: number) {
  const pitch = (songsAtOnce + 4) * 4;
  const xs = start + cases * stride * 4;
  const ys = xs + queriesAtOnce * 4;
  const out = ys + songsAtOnce * 4;
  const pairs = out + queriesAtOnce * pitch;
  return { vectors: start, xs, ys, out, pitch, pairs, end: pairs + 288 };
}

export function rankingBytes(cases: number, stride: number): number {
  return cases === 0 ? 0 : Math.ceil(planRanking(0, cases, stride).end / 64) * 64;
}
