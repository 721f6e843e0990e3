/**
 * The items with the k largest scores, in no particular order; of equal scores at the edge the earlier items.
 * Quickselect (Hoare 1961): in a time in proportion to the items, on average.
 */
export function largestOf(items: readonly number[], k: number, scoreOf: (item: number) => number): number[] {
  if (items.length <= k) return [...items];
  const scores = Float64Array.from(items, scoreOf);
  const edge = kthLargest(scores.slice(), k);
  let room = k - scores.reduce((above, score) => (score > edge ? above + 1 : above), 0);
  return items.filter((_, i) => {
    const score = scores[i] as number;
    return score > edge || (score === edge && room-- > 0);
  });
}

/** @param values are put into another order */
function kthLargest(values: Float64Array, k: number): number {
  let low = 0;
  let high = values.length - 1;
  const wanted = k - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1] as number;
    let [i, j] = [low, high];
    while (i <= j) {
      while ((values[i] as number) > pivot) i++;
      while ((values[j] as number) < pivot) j--;
      if (i > j) break;
      const value = values[i] as number;
      values[i++] = values[j] as number;
      values[j--] = value;
    }
    if (wanted <= j) high = j;
    else if (wanted >= i) low = i;
    else break;
  }
  return values[wanted] as number;
}
