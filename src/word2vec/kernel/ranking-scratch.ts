/** Queries and songs whose products are made at once: few enough for the nearest cache. */
export const queriesAtOnce = 24;
export const songsAtOnce = 48;

/**
 * Addresses of what a thread needs to rank so many cases: query vectors [cases, stride], tables of the rows of a
 * product, the product with a pitch that leaves `scores` (assembly/products.ts) its room, and scratch of that.
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
