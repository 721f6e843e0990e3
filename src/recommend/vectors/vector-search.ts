import type { Slot } from "../../model/memory/layout.ts";
import { type Excluded, toRowSet } from "../catalogue/mask.ts";
import { type Nearest, takeHeap } from "./heap.ts";
import { createRanking, mostNearest, putQuery, type Ranking, release } from "./ranking.ts";
import type { Kernel } from "./scan.ts";
import type { Matrix, Searchable } from "./searchable.ts";
import { topK } from "./top-k.ts";

/** Searches a model on the calling thread. Queries are [stride], zero beyond the vector size: see mean.ts. */
export interface VectorSearch {
  readonly model: Searchable;
  readonly ranking: Ranking;
  /** The songs with the k best scores, by a scan; all that are not excluded where they are fewer. */
  nearest(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): Nearest;
  /** Scores of some rows, ascending and distinct [rows.length]; see `Ranking.scoresOf` for when they are exact. */
  scoresOf(matrix: Matrix, query: Float32Array, rows: Uint32Array): Float32Array;
  /** Scores of the int8 vectors. */
  roughScoresOf(matrix: Matrix, query: Float32Array, rows: Uint32Array): Float32Array;
  /** The same for two queries. */
  roughScoresOfBoth(
    matrix: Matrix,
    query: Float32Array,
    other: Float32Array,
    rows: Uint32Array,
  ): [Float32Array, Float32Array];
  /** The songs with about the k best scores, in no order: by the int8 vectors. */
  promising(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): Uint32Array;
  /** Exact scores of all songs [V], valid until the next call. */
  scores(matrix: Matrix, query: Float32Array): Float32Array;
}

export interface VectorSearchOptions {
  /** A slot that nobody else uses; the first one by default. */
  readonly slot?: Slot;
  /** The number of a search thread, from 1; 0 is the main thread. */
  readonly thread?: number;
}

const none: readonly number[] = [];

export function createVectorSearch(
  model: Searchable & { readonly slots: readonly [Slot, ...Slot[]] },
  kernel: Kernel,
  { slot = model.slots[0], thread = 0 }: VectorSearchOptions = {},
): VectorSearch {
  const ranking = createRanking(model, kernel, thread);

  function scores(matrix: Matrix, query: Float32Array): Float32Array {
    putQuery(slot, query, none);
    return ranking.scores(matrix, slot);
  }

  return {
    model,
    ranking,
    scores,
    nearest(matrix, query, k, excluded) {
      if (k > mostNearest) return nearestOfAll(scores(matrix, query), k, excluded);
      putQuery(slot, query, excluded);
      const [found = 0] = ranking.nearest(matrix, [{ slot, k }]);
      release(slot, excluded);
      return takeHeap(slot, found);
    },
    scoresOf(matrix, query, rows) {
      putQuery(slot, query, none);
      return ranking.scoresOf(matrix, slot, rows);
    },
    roughScoresOfBoth(matrix, query, other, rows) {
      putQuery(slot, query, none);
      return ranking.roughScoresOfBoth(matrix, slot, other, rows);
    },
    roughScoresOf(matrix, query, rows) {
      putQuery(slot, query, none);
      return ranking.roughScoresOf(matrix, slot, rows);
    },
    promising(matrix, query, k, excluded) {
      putQuery(slot, query, excluded);
      const rows = ranking.promising(matrix, slot, Math.min(k, mostNearest));
      release(slot, excluded);
      return rows;
    },
  };
}

function nearestOfAll(scores: Float32Array, k: number, excluded: Excluded): Nearest {
  const rows = topK(scores, k, toRowSet(excluded));
  return { rows, scores: Float32Array.from(rows, (row) => scores[row] ?? 0) };
}
