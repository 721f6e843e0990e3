/** A playlist whose end was held out of training. */
export interface HeldOutCase {
  /** Rows of the songs that stay, each once, in the order of their first play; at least one. */
  readonly query: Uint32Array;
  /** Rows of the songs to find, each once, none of them in the query; at least one. */
  readonly truth: Uint32Array;
}

/** How many answers are looked at. */
export const cutoff = 10;

const gain = (above: number) => 1 / Math.log2(above + 2);

/**
 * Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002) of the first ten answers, each truth song worth 1.
 * @param above how many songs stand above each truth song, exact below ten
 */
export function ndcg(above: readonly number[]): number {
  const found = above.filter((songs) => songs < cutoff).reduce((sum, songs) => sum + gain(songs), 0);
  let ideal = 0;
  for (let place = 0; place < Math.min(cutoff, above.length); place++) ideal += gain(place);
  return found / ideal;
}
