import type { Ranker } from "./rankers.ts";
import { mostNearest } from "../vectors/ranking.ts";
import { type Catalogue, firstGuess, type Page, pageOf, type RankedRows } from "./rerank.ts";
import type { Steps } from "../pool/steps.ts";

/** Whether a row may not be answered. */
type IsOut = (row: number) => boolean;

/**
 * Takes songs of a ranking until the page is full, or there are none left: yields how many it wants ranked and takes
 * them, or 0 where it is a good moment to do something else. Beyond some ten thousand songs, which no page takes that
 * does not leave most of them out, all others follow, the most played first.
 */
function* fill(
  page: Page,
  asked: readonly number[],
  isOut: IsOut,
  catalogue: Catalogue,
): Generator<number, RankedRows, RankedRows> {
  const deepest = Math.max(mostNearest, firstGuess(page));
  for (let count = firstGuess(page); ; count *= 4) {
    const wanted = Math.min(count, deepest);
    const ranked = yield wanted;
    const isDeepest = count > deepest && ranked.rows.length === wanted;
    const found = yield* pageOf(
      page,
      isDeepest ? followed(ranked, isOut, catalogue) : ranked,
      isDeepest || ranked.rows.length < wanted,
      asked,
      catalogue,
    );
    if (found) return found;
  }
}

/** The page of a ranking, in steps of about a millisecond or one search. */
export function* pageInSteps(
  page: Page,
  asked: readonly number[],
  isOut: IsOut,
  catalogue: Catalogue,
  ranked: Ranker,
): Steps<RankedRows> {
  const filling = fill(page, asked, isOut, catalogue);
  let step = filling.next();
  while (!step.done) {
    if (step.value === 0) yield;
    step = filling.next(step.value === 0 ? nothing : yield* ranked(step.value));
  }
  return step.value;
}

const nothing: RankedRows = { rows: new Uint32Array(), scores: [] };

/** With all other songs behind, at the score of the last. */
function followed({ rows, scores }: RankedRows, isOut: IsOut, { length }: Catalogue): RankedRows {
  const taken = new Uint8Array(length);
  const all = new Uint32Array(length);
  let size = 0;
  for (const row of rows) {
    taken[row] = 1;
    all[size++] = row;
  }
  for (let row = 0; row < length; row++) if (taken[row] === 0 && !isOut(row)) all[size++] = row;
  const last = scores[rows.length - 1] ?? 0;
  return {
    rows: all.subarray(0, size),
    scores: Float64Array.from({ length: size }, (_, place) => scores[place] ?? last),
  };
}
