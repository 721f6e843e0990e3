import type { Slot } from "../../model/memory/layout.ts";
import { type Excluded, toRowSet } from "../catalogue/mask.ts";
import { type NearestSongs, readHeap } from "./heap.ts";
import { createVectorRanker, maxNearest, writeQuery, type VectorRanker, clearExclusions } from "./vector-ranker.ts";
import type { Kernel } from "./scan.ts";
import type { Matrix, QuantisedMatrix, Searchable } from "./searchable.ts";
import { topK } from "./top-k.ts";

/** Searches a model on the calling thread. Query vectors are [stride] of the matrix, zero beyond the vector
 * size; see mean.ts. */
export interface VectorSearch {
  readonly model: Searchable;
  readonly ranker: VectorRanker;
  /** Returns the k best songs by a scan, or fewer if fewer are not excluded. */
  nearest(matrix: Matrix, query: Float32Array, k: number, excluded: Excluded): NearestSongs;
  /** See `VectorRanker.scoresOf`. @param rows ascending and distinct @returns [rows.length] */
  scoresOf(matrix: Matrix, query: Float32Array, rows: Uint32Array): Float32Array;
  /** Scores of int8 vectors. @returns [rows.length] */
  approximateScores(matrix: QuantisedMatrix, query: Float32Array, rows: Uint32Array): Float32Array;
  /** The same for two queries. */
  approximateScoresOfTwo(
    matrix: Matrix,
    query: Float32Array,
    other: Float32Array,
    rows: Uint32Array,
  ): [Float32Array, Float32Array];
  /** Returns approximately the k best songs by int8 vectors, in no order. */
  findCandidates(matrix: QuantisedMatrix, query: Float32Array, k: number, excluded: Excluded): Uint32Array;
  /** Exact scores of all songs. @returns [V], valid until the next call */
  scores(matrix: Matrix, query: Float32Array): Float32Array;
}

export interface VectorSearchOptions {
  /** A slot that no other search uses; the first one by default. */
  readonly slot?: Slot;
  /** Number of the search thread, from 1; 0 is the main thread. */
  readonly thread?: number;
}

const none: readonly number[] = [];

export function createVectorSearch(
  model: Searchable & { readonly slots: readonly [Slot, ...Slot[]] },
  kernel: Kernel,
  { slot = model.slots[0], thread = 0 }: VectorSearchOptions = {},
): VectorSearch {
  const ranker = createVectorRanker(model, kernel, thread);
  const nextSongSlot = { ...slot, ...slot.nextSongQuery };
  const slotFor = (matrix: QuantisedMatrix) => (matrix === "nextSongs" ? nextSongSlot : slot);

  function scores(matrix: Matrix, query: Float32Array): Float32Array {
    writeQuery(slot, query, none);
    return ranker.scores(matrix, slot);
  }

  return {
    model,
    ranker,
    scores,
    nearest(matrix, query, k, excluded) {
      if (k > maxNearest) return nearestOfAll(scores(matrix, query), k, excluded);
      writeQuery(slot, query, excluded);
      const [found = 0] = ranker.nearest(matrix, [{ slot, k }]);
      clearExclusions(slot, excluded);
      return readHeap(slot, found);
    },
    scoresOf(matrix, query, rows) {
      writeQuery(slot, query, none);
      return ranker.scoresOf(matrix, slot, rows);
    },
    approximateScoresOfTwo(matrix, query, other, rows) {
      writeQuery(slot, query, none);
      return ranker.approximateScoresOfTwo(matrix, slot, other, rows);
    },
    approximateScores(matrix, query, rows) {
      writeQuery(slotFor(matrix), query, none);
      return ranker.approximateScores(matrix, slotFor(matrix), rows);
    },
    findCandidates(matrix, query, k, excluded) {
      writeQuery(slotFor(matrix), query, excluded);
      const rows = ranker.findCandidates(matrix, slotFor(matrix), Math.min(k, maxNearest));
      clearExclusions(slot, excluded);
      return rows;
    },
  };
}

function nearestOfAll(scores: Float32Array, k: number, excluded: Excluded): NearestSongs {
  const rows = topK(scores, k, toRowSet(excluded));
  return { rows, scores: Float32Array.from(rows, (row) => scores[row] ?? 0) };
}
