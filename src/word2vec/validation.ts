/** A playlist whose last songs were held out of training. */
export interface HeldOutCase {
  /** Distinct rows of the training part, in the order of their first play; at least one. */
  readonly query: Uint32Array;
  /** Distinct rows of the held-out part that are not in the query; at least one. */
  readonly truth: Uint32Array;
}

/** k of NDCG@k. */
export const cutoff = 10;

/** @param rank from 0 */
const gain = (rank: number) => 1 / Math.log2(rank + 2);

/**
 * Normalised discounted cumulative gain at 10 (Järvelin and Kekäläinen 2002) with binary relevance.
 * @param ranks rank of each truth song, from 0; exact below 10
 */
export function ndcg(ranks: readonly number[]): number {
  const found = ranks.filter((rank) => rank < cutoff).reduce((sum, rank) => sum + gain(rank), 0);
  let ideal = 0;
  for (let rank = 0; rank < Math.min(cutoff, ranks.length); rank++) ideal += gain(rank);
  return found / ideal;
}
