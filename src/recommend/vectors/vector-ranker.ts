import { codeBlockRows, heapCapacity, type Slot } from "../../model/memory/layout.ts";
import { writeHeap, readHeap } from "./heap.ts";
import { quantiseToInt16 } from "./quantise-query.ts";
import { type Excluded, toRowSet, setBit } from "../catalogue/mask.ts";
import type { Kernel } from "./scan.ts";
import { scanForCandidates, scanInt8 } from "./int8-scan.ts";
import type { Matrix, QuantisedMatrix, Searchable, SlotQuery } from "./searchable.ts";
import { topK } from "./top-k.ts";
import { createTreeRanker } from "./tree-ranker.ts";

/*
 * Which search is used when. Every search finds candidates by approximate scores, and `rescore` orders them by exact
 * ones. Ratios compare the throughput of uncached requests with the next simpler search: one connection, 256 dimensions
 * (`npm run bench:checkouts`, AMD EPYC, 2 cores, 2026-11-29).
 *
 * - int8 scan (int8-scan.ts): reads V · D bytes. Used for up to 16,384 songs, below 96 or above 2,048 dimensions, until
 *   PQ codes are complete, and for more than V / 300 results, for which PQ codes rule out too few rows.
 * - PQ codes (int8-scan.ts, model/memory/pq-codes.ts): reads V · D / 4 bytes, four bits for two dimensions. Int8
 *   vectors score the remaining rows. Used for all other scans. `similar` with 55,926 songs: 1.41 × the int8 scan.
 * - Tree search (tree-ranker.ts): output vectors of hierarchical softmax, from the root along the most likely branches.
 *   After an eighth of the nodes it falls back to a scan of all nodes. Recommendations with 55,926 songs: 2.9 × that
 *   scan.
 * - HNSW (../index): input vectors from 100 MB of int8 vectors on (390,000 songs), without a mask, for up to 512
 *   results and excluded songs. `similar` with 400,000 songs: 2.8 × PQ codes.
 * - Exact scan: more than `maxNearest` results, or candidates that may not include all the best songs (`isComplete`).
 */

/** Ranks songs for queries in slots. If the model has no exact vectors, int8 vectors replace them. */
export interface VectorRanker {
  /**
   * Finds the k best songs of each query. One pass over the int8 vectors selects candidates for all queries, and exact
   * vectors rescore them. If the candidates may not include all the best songs, all songs are rescored.
   *
   * @param queries with k up to `maxNearest`
   * @returns the number of pairs of score and row in each `slot.heap`, best first; with ties the lower row is first
   */
  nearest(matrix: Matrix, queries: readonly SlotQuery[]): number[];
  /**
   * Orders the candidates in the heap of a slot by exact scores, which do not depend on the number of candidates.
   *
   * @returns the number of pairs in the heap, up to k
   */
  rescore(matrix: Matrix, slot: Slot, candidates: number, k: number): number;
  /**
   * Scores rows, regardless of exclusions. Scores are exact, except for more than `maxExactTreeRows` songs of a tree:
   * their paths cover much of the tree, so int8 vectors are used.
   *
   * @returns [rows.length]
   */
  scoresOf(matrix: Matrix, slot: Slot, rows: Uint32Array): Float32Array;
  /** Scores rows by int8 vectors, for the slot's query and another one. @returns [rows.length] each */
  approximateScoresOfTwo(
    matrix: Matrix,
    slot: Slot,
    other: Float32Array,
    rows: Uint32Array,
  ): [Float32Array, Float32Array];
  /** Scores rows by int8 vectors. @returns [rows.length] */
  approximateScores(matrix: QuantisedMatrix, slot: Slot, rows: Uint32Array): Float32Array;
  /** Returns approximately the k best songs by int8 vectors, in no order. @param k up to `maxNearest` */
  findCandidates(matrix: QuantisedMatrix, slot: Slot, k: number): Uint32Array;
  /** Exact scores of all songs. @returns [V], valid until the slot is used again */
  scores(matrix: Matrix, slot: Slot): Float32Array;
  /** Measures the latency of a scan of `input`, from passes over a part of the rows. @returns milliseconds */
  measureLatency(slot: Slot): number;
}

/** Additional candidates for rescoring; `npm run bench:recall` measures their effect. */
const oversampling = { vectors: 120, tree: 60 };
/**
 * The k-th best exact score must exceed the lowest approximate score of the candidates by this multiple of the RMS
 * error of approximate scores. Well-trained models have 16 and more. After a short training, with similar vectors, it
 * may be 0.
 */
const minErrorRatio = 5;
export const maxNearest = heapCapacity - oversampling.vectors;
export const maxExactTreeRows = 512;
const rowsToMeasure = 8192;
const passes = 4;
const none: ReadonlySet<number> = new Set();

/** @param thread number of the search thread, from 1; 0 is the main thread */
export function createVectorRanker(model: Searchable, kernel: Kernel, thread = 0): VectorRanker {
  const { stride, inverseNorms } = model;
  const songs = inverseNorms.length;
  const tree = createTreeRanker(model, kernel, model.secondQueries[thread] ?? model.secondQueries[0]);
  const hasTree = (matrix: QuantisedMatrix) => model.hasTree && matrix === "output";

  /** Scores the first `count` rows of `slot.rows` into `slot.rowScores`. */
  function score(matrix: QuantisedMatrix, slot: Slot, count: number, isExact: boolean): void {
    const { query, queryInt16, rows, rowScores } = slot;
    const exact = isExact && matrix !== "nextSongs" ? model[matrix] : null;
    if (!exact) {
      const quantised = model.quantised[matrix];
      kernel.scanRowsQuantised(
        quantised.values.byteOffset,
        quantised.factors.byteOffset,
        rows.byteOffset,
        count,
        quantised.stride,
        queryInt16.byteOffset,
        quantiseToInt16(slot),
        rowScores.byteOffset,
      );
      return;
    }
    kernel.scanRows(exact.byteOffset, rows.byteOffset, count, stride, query.byteOffset, rowScores.byteOffset);
    if (matrix === "output") return;
    for (let i = 0; i < count; i++) rowScores[i] = (rowScores[i] ?? 0) * (inverseNorms[rows[i] ?? 0] ?? 0);
  }

  function scoresOf(matrix: QuantisedMatrix, slot: Slot, rows: Uint32Array, isExact = true): Float32Array {
    if (hasTree(matrix))
      return tree.logLikelihoods(slot, rows, isExact && model.output !== null && rows.length <= maxExactTreeRows);
    slot.rows.set(rows);
    score(matrix, slot, rows.length, isExact);
    return slot.rowScores.slice(0, rows.length);
  }

  function approximateScoresOfTwo(
    matrix: Matrix,
    slot: Slot,
    other: Float32Array,
    rows: Uint32Array,
  ): [Float32Array, Float32Array] {
    const both = hasTree(matrix) ? tree.logLikelihoodsOfTwo(slot, other, rows) : undefined;
    if (both) return both;
    const first = scoresOf(matrix, slot, rows, false);
    slot.query.set(other);
    return [first, scoresOf(matrix, slot, rows, false)];
  }

  /**
   * See `VectorRanker.rescore`.
   *
   * @param maxCandidates with this many candidates there may be others; unless the candidates are complete, all songs
   *   are rescored
   */
  function rescore(matrix: Matrix, slot: Slot, candidates: number, k: number, maxCandidates = Infinity): number {
    sortByRow(slot, candidates);
    const { rows, scores: approximate } = readHeap(slot, candidates);
    const scores = hasTree(matrix)
      ? tree.logLikelihoods(slot, rows, model.output !== null)
      : scoresOf(matrix, slot, rows);
    const best = topK(scores, k, none);
    if (candidates === maxCandidates && !isComplete(approximate, scores, scores[best.at(-1) ?? 0] ?? 0))
      return scoreAll(matrix, slot, k);
    return writeHeap(slot, {
      rows: best.map((i) => rows[i] ?? 0),
      scores: Float32Array.from(best, (i) => scores[i] ?? 0),
    });
  }

  function scoreAll(matrix: Matrix, slot: Slot, k: number): number {
    const scores = scoresOfAll(matrix, slot);
    const rows = topK(scores, k, toRowSet({ bits: slot.excluded }));
    return writeHeap(slot, { rows, scores: Float32Array.from(rows, (row) => scores[row] ?? 0) });
  }

  function scoresOfAll(matrix: Matrix, slot: Slot): Float32Array {
    const { query, scores } = slot;
    const exact = model[matrix];
    if (exact) kernel.scan(exact.byteOffset, songs, stride, query.byteOffset, scores.byteOffset);
    else scanInt8(model, kernel, matrix, slot, 0, songs, quantiseToInt16(slot));
    if (hasTree(matrix)) return tree.logLikelihoodsOfAll(slot);
    if (exact && matrix === "input")
      for (let row = 0; row < songs; row++) scores[row] = (scores[row] ?? 0) * (inverseNorms[row] ?? 0);
    return scores;
  }

  return {
    scoresOf,
    approximateScoresOfTwo,
    approximateScores: (matrix, slot, rows) => scoresOf(matrix, slot, rows, false),
    measureLatency(slot) {
      const rows = Math.min(songs, rowsToMeasure);
      const times = Array.from({ length: passes }, (_, pass) => {
        const first = Math.floor(((songs - rows) * pass) / passes / codeBlockRows) * codeBlockRows;
        const started = performance.now();
        scanForCandidates(
          model,
          kernel,
          "input",
          [{ slot, k: 1, oversampling: oversampling.vectors }],
          first,
          first + rows,
        );
        return performance.now() - started;
      });
      return (Math.min(...times) * songs) / rows;
    },
    nearest(matrix, queries) {
      if (hasTree(matrix)) {
        const found = tree.findCandidates(queries.map(({ slot, k }) => ({ slot, k: k + oversampling.tree })));
        return queries.map(({ slot, k }, i) => rescore(matrix, slot, found[i] ?? 0, k));
      }
      const found = scanForCandidates(
        model,
        kernel,
        matrix,
        queries.map((query) => ({ ...query, oversampling: oversampling.vectors })),
      );
      return queries.map(({ slot, k }, i) =>
        rescore(matrix, slot, found[i] ?? 0, k, model[matrix] ? k + oversampling.vectors : Infinity),
      );
    },
    rescore: (matrix, slot, candidates, k) => rescore(matrix, slot, candidates, k),
    findCandidates(matrix, slot, k) {
      const [found = 0] = hasTree(matrix)
        ? tree.findCandidates([{ slot, k }])
        : scanForCandidates(model, kernel, matrix, [{ slot, k }]);
      const rows = new Uint32Array(found);
      for (let i = 0; i < found; i++) rows[i] = slot.heap[2 * i + 1] as number;
      return rows;
    },
    scores: scoresOfAll,
  };
}

/**
 * Whether the candidates include all the best songs, judged by the error of approximate scores.
 *
 * @param worst the exact score of the last of the best songs
 */
function isComplete(approximate: Float32Array, exact: Float32Array, worst: number): boolean {
  let squares = 0;
  let least = Infinity;
  for (const [i, score] of approximate.entries()) {
    squares += ((exact[i] ?? 0) - score) ** 2;
    least = Math.min(least, score);
  }
  return worst - least >= minErrorRatio * Math.sqrt(squares / approximate.length);
}

/** Sorts the pairs of the heap by row, which is the upper half of a 64-bit integer. */
function sortByRow({ heap }: Slot, pairs: number): void {
  new BigUint64Array(heap.buffer, heap.byteOffset, pairs).sort();
}

/** Writes a query and its exclusions into a slot. Call `clearExclusions` after the search. */
export function writeQuery(slot: Slot, query: Float32Array, excluded: Excluded): void {
  slot.query.set(query);
  writeExclusions(slot, excluded);
}

export function writeExclusions(slot: Slot, excluded: Excluded): void {
  if ("bits" in excluded) slot.excluded.set(excluded.bits);
  else for (const row of excluded) setBit(slot.excluded, row);
}

export function clearExclusions(slot: Slot, excluded: Excluded): void {
  if ("bits" in excluded) slot.excluded.fill(0);
  else for (const row of excluded) slot.excluded[row >> 3] = 0;
}
