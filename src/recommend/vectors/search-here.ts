import type { Slot } from "../../model/memory/layout.ts";
import { type Nearest, takeHeap } from "./heap.ts";
import { type Excluded, excludes } from "../catalogue/mask.ts";
import { ask, createRanking, type Matrix, mostNearest, type Ranking, release, type Searchable } from "./ranking.ts";
import type { Kernel } from "./scan.ts";
import { topK } from "./top-k.ts";

/** Searches of a model at once, on the thread that asks. Queries are [stride], zero beyond the vector size: see mean.ts. */
export interface SearchHere {
  readonly model: Searchable;
  readonly ranking: Ranking;
  /** Whether such a question is answered by the index: without masks, and for no more than some hundred songs. */
  isForIndex(matrix: Matrix, k: number, excluded: Excluded): boolean;
  /** By the index; undefined where that is not for the question, or finds nothing. */
  nearestByIndex(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): Nearest | undefined;
  nearestByScan(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): Nearest;
  /** By whichever of the two it takes. */
  nearestNow(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): Nearest;
  /**
   * Scores of some songs, in the order of their rows, each of which stands there once [rows.length]; see
   * `Ranking.scoresOf` for when they are exact.
   */
  scoresOf(matrix: Matrix, query: Float32Array, rows: Uint32Array): Float32Array;
  /** The same by the vectors in bytes, for two queries. */
  roughScoresOfBoth(
    matrix: Matrix,
    query: Float32Array,
    other: Float32Array,
    rows: Uint32Array,
  ): [Float32Array, Float32Array];
  /** The same by the vectors in bytes. */
  roughScoresOf(matrix: Matrix, query: Float32Array, rows: Uint32Array): Float32Array;
  /** The songs with the k best scores, or nearly so, in no order: by the vectors in bytes. */
  promising(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): Uint32Array;
  /** Exact scores of all songs [V], valid until the next call. */
  scores(matrix: Matrix, query: Float32Array): Float32Array;
}

export interface SearchHereOptions {
  /** Which nobody else uses; the first one by default. */
  readonly slot?: Slot;
  /** Of a search thread its number, from 1. */
  readonly thread?: number;
  /** Songs that a search by the index keeps in view at least. */
  readonly efSearch?: number;
}

/** Of songs asked for, and of those excluded: more of them are left to a scan. */
const mostByIndex = 512;
const none: readonly number[] = [];

export function openSearchHere(
  model: Searchable & { readonly slots: readonly [Slot, ...Slot[]] },
  kernel: Kernel,
  { slot = model.slots[0], thread = 0, efSearch = 0 }: SearchHereOptions = {},
): SearchHere {
  const ranking = createRanking(model, kernel, thread);

  function scores(matrix: Matrix, query: Float32Array): Float32Array {
    ask(slot, query, none);
    return ranking.scores(matrix, slot);
  }

  const isForIndex = (matrix: Matrix, k: number, excluded: Excluded) =>
    model.graph !== null && matrix === "input" && k <= mostByIndex && areFew(excluded);

  /** The more are asked for, the more are kept in view; up to half as many as always are, the first ones stay the same. */
  function nearestByIndex(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): Nearest | undefined {
    if (!isForIndex(matrix, k, excluded)) return undefined;
    ask(slot, query, excluded);
    const found = ranking.nearestByIndex(slot, k, Math.max(2 * k, efSearch));
    release(slot, excluded);
    return found === undefined ? undefined : takeHeap(slot, found);
  }

  function nearestByScan(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): Nearest {
    if (k > mostNearest) return nearestOfAll(scores(matrix, query), k, excluded);
    ask(slot, query, excluded);
    const [found = 0] = ranking.nearest(matrix, [{ slot, k }]);
    release(slot, excluded);
    return takeHeap(slot, found);
  }

  return {
    model,
    ranking,
    scores,
    isForIndex,
    nearestByIndex,
    nearestByScan,
    nearestNow: (matrix, query, k, excluded) =>
      nearestByIndex(matrix, query, k, excluded) ?? nearestByScan(matrix, query, k, excluded),
    scoresOf(matrix, query, rows) {
      ask(slot, query, none);
      return ranking.scoresOf(matrix, slot, rows);
    },
    roughScoresOfBoth(matrix, query, other, rows) {
      ask(slot, query, none);
      return ranking.roughScoresOfBoth(matrix, slot, other, rows);
    },
    roughScoresOf(matrix, query, rows) {
      ask(slot, query, none);
      return ranking.roughScoresOf(matrix, slot, rows);
    },
    promising(matrix, query, k, excluded) {
      ask(slot, query, excluded);
      const rows = ranking.promising(matrix, slot, Math.min(k, mostNearest));
      release(slot, excluded);
      return rows;
    },
  };
}

function areFew(excluded: Excluded): boolean {
  if ("bits" in excluded) return false;
  let left = mostByIndex;
  for (const _ of excluded) if (left-- === 0) return false;
  return true;
}

function nearestOfAll(scores: Float32Array, k: number, excluded: Excluded): Nearest {
  const rows = topK(scores, k, excludes(excluded));
  return { rows, scores: Float32Array.from(rows, (row) => scores[row] ?? 0) };
}
