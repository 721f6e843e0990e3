import { codeBlockRows, heapCapacity, type Slot } from "../../model/memory/layout.ts";
import { writeHeap, readHeap } from "./heap.ts";
import { quantiseToInt16 } from "./quantise-query.ts";
import { type Excluded, toRowSet, setBit } from "../catalogue/mask.ts";
import type { Kernel } from "./scan.ts";
import { scanForCandidates, scanInt8 } from "./int8-scan.ts";
import type { Matrix, Searchable, SlotQuery } from "./searchable.ts";
import { topK } from "./top-k.ts";
import { createTreeRanker } from "./tree-ranker.ts";

/*
 * Which search is used when. All of them find candidates by cheap scores, and `rescore` orders these by exact ones. Ratios are uncached
 * requests against the next simpler search, one connection, 256 dimensions (`npm run bench:checkouts`, AMD EPYC, 2 cores, 2026-11-29).
 *
 * - int8 scan (scan-in-bytes.ts): reads V · D bytes. Up to 16,384 songs, below 96 or above 2,048 dimensions, while PQ codes are still being
 *   made, and where so many songs are wanted (more than V / 300) that codes rule out too few.
 * - PQ codes (scan-in-bytes.ts, model/memory/codes.ts): reads V · D / 4 bytes, four bits for two dimensions; int8 vectors score what the
 *   estimates leave. All other scans. `similar` of 55,926 songs: 1.41 × the int8 scan.
 * - Tree search (tree-ranking.ts): output vectors of hierarchical softmax, down from the root along the likeliest branches; a scan of all
 *   nodes where it has visited an eighth of them. Recommendations of 55,926 songs: 2.9 × a scan of all nodes.
 * - HNSW (../index): input vectors from 100 MB of int8 on (390,000 songs), without a mask and up to 512 songs wanted and excluded.
 *   `similar` of 400,000 songs: 2.8 × PQ codes.
 * - Exact scan: more than `mostNearest` songs wanted, or candidates that do not tell the best songs for sure (`isSure`).
 */

/** Ranks songs for the queries that stand in slots. Where the exact vectors are not kept, theirs in bytes take their place. */
export interface VectorRanker {
  /**
   * The k best songs of each slot: one pass over the matrix in bytes for all of them, then the most promising ones again
   * with the exact vectors; all of them where that does not tell the best ones from the rest for sure.
   *
   * @param queries k up to `mostNearest`
   * @returns how many pairs of score and row are in each `slot.heap`, best first; of equal scores the lower row is first
   */
  nearest(matrix: Matrix, queries: readonly SlotQuery[]): number[];
  /**
   * Orders the candidates in the heap of a slot by their exact scores, which do not depend on how many they are.
   *
   * @returns how many of the k best stay in the heap
   */
  rescore(matrix: Matrix, slot: Slot, candidates: number, k: number): number;
  /**
   * Scores of some rows, in their order [rows.length]; exclusions do not count. They are exact, but for more than
   * `mostExact` songs of a tree, whose ways are a good part of it: these are of the vectors in bytes.
   */
  scoresOf(matrix: Matrix, slot: Slot, rows: Uint32Array): Float32Array;
  /** The same by the vectors in bytes, for the slot's query and another one. */
  approximateScoresOfTwo(
    matrix: Matrix,
    slot: Slot,
    other: Float32Array,
    rows: Uint32Array,
  ): [Float32Array, Float32Array];
  /** The same by the vectors in bytes. */
  approximateScores(matrix: Matrix, slot: Slot, rows: Uint32Array): Float32Array;
  /** The k best songs by the vectors in bytes, in no order; k up to `mostNearest`. */
  findCandidates(matrix: Matrix, slot: Slot, k: number): Uint32Array;
  /** Exact scores of all songs [V], valid until the slot is used again. */
  scores(matrix: Matrix, slot: Slot): Float32Array;
  /** Milliseconds that one search of `input` takes, by a few passes over some of the rows; one down a tree takes less. */
  measureLatency(slot: Slot): number;
}

/** Songs that are rescored besides those wanted; `npm run bench:recall` shows what they do. */
const oversampling = { vectors: 120, tree: 60 };
/**
 * By how many times what the closer look changed, its root mean square, the worst of the best songs has to be above the worst that was
 * looked at. Models that were trained well have 16 and more; where training was brief, and vectors are still much alike, it may be 0.
 */
const minErrorRatio = 5;
export const maxNearest = heapCapacity - oversampling.vectors;
export const maxExactTreeRows = 512;
const rowsToMeasure = 8192;
const passes = 4;
const none: ReadonlySet<number> = new Set();

/** @param thread of a search thread its number, from 1 */
export function createVectorRanker(model: Searchable, kernel: Kernel, thread = 0): VectorRanker {
  const { stride, inverseNorms } = model;
  const songs = inverseNorms.length;
  const tree = createTreeRanker(model, kernel, model.secondQueries[thread] ?? model.secondQueries[0]);
  const hasTree = (matrix: Matrix) => model.hasTree && matrix === "output";

  /** Scores of the first rows in `slot.rows`, into `slot.rowScores`. */
  function score(matrix: Matrix, slot: Slot, count: number, isExact: boolean): void {
    const { query, queryInt16, rows, rowScores } = slot;
    const exact = model[matrix];
    const { values, factors } = model.quantised[matrix];
    if (!exact || !isExact) {
      kernel.scanRowsQuantised(
        values.byteOffset,
        factors.byteOffset,
        rows.byteOffset,
        count,
        stride,
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

  function scoresOf(matrix: Matrix, slot: Slot, rows: Uint32Array, isExact = true): Float32Array {
    if (hasTree(matrix))
      return tree.logLikelihoods(slot, rows, isExact && model.output !== null && rows.length <= maxExactTreeRows);
    slot.rows.set(rows);
    score(matrix, slot, rows.length, isExact && model[matrix] !== null);
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
   * Orders the candidates in the heap by their exact scores, which do not depend on how many they are; the best k stay.
   *
   * @param maxCandidates so many candidates there are where there may be others: then the best of all songs stay, unless the candidates tell them for sure
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

/** Whether no other song can be among the best, by what the closer look changed. @param worst the exact score of the last of the best */
function isComplete(approximate: Float32Array, exact: Float32Array, worst: number): boolean {
  let squares = 0;
  let least = Infinity;
  for (const [i, score] of approximate.entries()) {
    squares += ((exact[i] ?? 0) - score) ** 2;
    least = Math.min(least, score);
  }
  return worst - least >= minErrorRatio * Math.sqrt(squares / approximate.length);
}

/** Pairs of the heap: the row is the upper half of a number of 64 bits. */
function sortByRow({ heap }: Slot, pairs: number): void {
  new BigUint64Array(heap.buffer, heap.byteOffset, pairs).sort();
}

/** Puts a query into a slot. `release` makes the slot as it was. */
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
