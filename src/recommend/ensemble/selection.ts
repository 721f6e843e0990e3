/**
 * Selects the items with the k largest scores, in no particular order. With ties the earlier items are selected.
 * Quickselect (Hoare 1961) takes linear time on average.
 */
export function largestOf(items: readonly number[], k: number, scoreOf: (item: number) => number): number[] {
  if (items.length <= k) return [...items];
  const scores = Float64Array.from(items, scoreOf);
  const threshold = kthLargest(scores.slice(), k);
  let ties = k - scores.reduce((above, score) => (score > threshold ? above + 1 : above), 0);
  return items.filter((_, i) => {
    const score = scores[i] as number;
    return score > threshold || (score === threshold && ties-- > 0);
  });
}

/**
 * Selects the indices of the k largest values, ascending. With ties the earlier indices are selected.
 *
 * @param scratch at least as long as `values`; overwritten
 */
export function indicesOfLargest<Values extends Float32Array | Float64Array>(
  values: Values,
  k: number,
  scratch: Values,
): Uint32Array {
  const size = values.length;
  if (size <= k) return new Uint32Array(size).map((_, index) => index);
  scratch.set(values);
  const threshold = kthLargest(scratch.subarray(0, size), k);
  let ties = k;
  for (let i = 0; i < size; i++) if ((values[i] as number) > threshold) ties--;
  const indices = new Uint32Array(k);
  for (let i = 0, found = 0; found < k && i < size; i++) {
    const value = values[i] as number;
    if (value > threshold || (value === threshold && ties-- > 0)) indices[found++] = i;
  }
  return indices;
}

/** @param values reordered */
function kthLargest(values: Float64Array | Float32Array, k: number): number {
  let low = 0;
  let high = values.length - 1;
  const target = k - 1;
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
    if (target <= j) high = j;
    else if (target >= i) low = i;
    else break;
  }
  return values[target] as number;
}
