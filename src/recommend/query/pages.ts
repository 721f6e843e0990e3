import { yieldEvery } from "../../model/yield.ts";
import type { Catalogue } from "./scope.ts";
import type { RankedRows } from "../vectors/heap.ts";
import { mostNearest } from "../vectors/ranking.ts";
import type { Ranker } from "./rankers.ts";
import { firstGuess, type Page, pageOf } from "./rerank.ts";

/** Whether a row may not be recommended. */
type IsExcluded = (row: number) => boolean;

/**
 * Takes songs of a ranking until the page is full, or there are none left. Beyond some ten thousand songs, which no page
 * takes that does not leave most of them out, all others follow, the most played first.
 *
 * @param asked rows of the query
 */
export async function fillPage(
  page: Page,
  asked: readonly number[],
  isExcluded: IsExcluded,
  catalogue: Catalogue,
  rank: Ranker,
): Promise<RankedRows> {
  const pause = yieldEvery();
  const deepest = Math.max(mostNearest, firstGuess(page));
  for (let count = firstGuess(page); ; count *= 4) {
    const wanted = Math.min(count, deepest);
    const ranked = await rank(wanted);
    const isDeepest = count >= deepest && ranked.rows.length === wanted;
    const songs = isDeepest ? followed(ranked, isExcluded, catalogue) : ranked;
    const found = await pageOf(page, songs, isDeepest || ranked.rows.length < wanted, asked, catalogue, pause);
    if (found) return found;
  }
}

/** With all other songs behind, at the score of the last. */
function followed({ rows, scores }: RankedRows, isExcluded: IsExcluded, { length }: Catalogue): RankedRows {
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
    scores: Float64Array.from({ length: size }, (_, place) => scores[place] ?? last),
  };
}
