import type { Excluded } from "../catalogue/mask.ts";
import type { Matrix } from "../vectors/ranking.ts";
import type { RankedRows } from "../query/rerank.ts";
import type { Search } from "./search.ts";
import type { Turns } from "./turns.ts";

/** A search that the next step needs. */
export interface Wanted {
  /** Made at once, on this thread. */
  now(): RankedRows;
  /** Made wherever it holds this thread up the least. */
  aside(): Promise<RankedRows>;
}

/** Work in steps of one search or about a millisecond. Where one yields a search, what that finds is handed to the next one. */
export type Steps<T> = Generator<Wanted | undefined, T, RankedRows | undefined>;

/** All steps at once, their searches included. */
export function atOnce<T>(steps: Steps<T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next(step.value?.now());
  return step.value;
}

/** Each step in a turn of its own, and the searches between them aside. */
export async function inTurns<T>(steps: Steps<T>, inTurn: Turns): Promise<T> {
  let step = await inTurn(() => steps.next());
  while (!step.done) {
    const found = await step.value?.aside();
    step = await inTurn(() => steps.next(found));
  }
  return step.value;
}

/** A search for whoever runs the steps to make. */
export function* aside(wanted: Wanted): Steps<RankedRows> {
  const found = yield wanted;
  if (!found) throw new TypeError("the search that was wanted was not made");
  return found;
}

/** The same as `search.nearest`. */
export function nearestAside(
  search: Pick<Search, "nearest" | "nearestNow">,
  matrix: Matrix,
  query: Float32Array,
  k: number,
  excluded: Excluded,
): Steps<RankedRows> {
  return aside({
    now: () => search.nearestNow(matrix, query, k, excluded),
    aside: () => search.nearest(matrix, query, k, excluded),
  });
}
