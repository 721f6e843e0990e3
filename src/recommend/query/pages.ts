import { yieldEvery } from "../../model/yield.ts";
import type { Catalogue } from "./scope.ts";
import type { RankedRows } from "../vectors/heap.ts";
import { maxNearest } from "../vectors/vector-ranker.ts";
import type { LazyRanking } from "./rankings.ts";
import { initialDepth, type Page, takePage } from "./rerank.ts";

/** Whether a row is excluded from the result. */
type IsExcluded = (row: number) => boolean;

/**
 * Fills a page from a ranking, with increasing depth until the page is full or no songs are left. Beyond the largest
 * depth, which only very selective pages reach, all other songs follow in order of plays.
 *
 * @param queryRows rows of the query songs
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
    const depth = Math.min(count, maxDepth);
    const ranked = await rank(depth);
    const isMaxDepth = count >= maxDepth && ranked.rows.length === depth;
    const songs = isMaxDepth ? appendRest(ranked, isExcluded, catalogue) : ranked;
    const found = await takePage(page, songs, isMaxDepth || ranked.rows.length < depth, queryRows, catalogue, pause);
    if (found) return found;
  }
}

/** Appends all other songs, with the score of the last one. */
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
