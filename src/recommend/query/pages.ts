import { yieldEvery } from "../../model/yield.ts";
import type { Catalogue } from "./scope.ts";
import type { RankedRows } from "../vectors/heap.ts";
import { maxNearest } from "../vectors/vector-ranker.ts";
import type { LazyRanking } from "./rankings.ts";
import { initialDepth, type Page, takePage } from "./rerank.ts";

/** Whether a row may not be recommended. */
type IsExcluded = (row: number) => boolean;

/**
 * Takes songs of a ranking until the page is full, or there are none left. Beyond some ten thousand songs, which no page
 * takes that does not leave most of them out, all others follow, the most played first.
 *
 * @param queryRows rows of the query
 */
export async function fillPage(
  page: Page,
  queryRows: readonly number[],
  isExcluded: IsExcluded,
  catalogue: Catalogue,
  rank: LazyRanking,
): Promise<RankedRows> {
  const pause = yieldEvery();
  const maxDepth = Math.max(maxNearest, initialDepth(page));
  for (let count = initialDepth(page); ; count *= 4) {
    const wanted = Math.min(count, maxDepth);
    const ranked = await rank(wanted);
    const isMaxDepth = count >= maxDepth && ranked.rows.length === wanted;
    const songs = isMaxDepth ? appendRest(ranked, isExcluded, catalogue) : ranked;
    const found = await takePage(page, songs, isMaxDepth || ranked.rows.length < wanted, queryRows, catalogue, pause);
    if (found) return found;
  }
}

/** With all other songs behind, at the score of the last. */
function appendRest({ rows, scores }: RankedRows, isExcluded: IsExcluded, { length }: Catalogue): RankedRows {
  const taken = new Uint8Array(length);
  const all = new Uint32Array(length);
  let size = 0;
  for (const row of rows) {
    taken[row] = 1;
    all[size++] = row;
  }
  for (let row = 0; row < length; row++) if (taken[row] === 0 && !isExcluded(row)) all[size++] = row;
  const last = scores[rows.length - 1] ?? 0;
  return {
    rows: all.subarray(0, size),
    scores: Float64Array.from({ length: size }, (_, index) => scores[index] ?? last),
  };
}
