import { heapCapacity, type ModelMemory, type Slot } from '../model/layout.ts';
import { type OpenGraph, openGraph } from './graph-search.ts';
import { toIntegers } from './integers.ts';
import { type Excluded, setBit } from './mask.ts';
import type { Kernel } from './scan.ts';
import { topK } from './top-k.ts';

/** `input`: cosines with the songs. `output`: what the model predicts, dot products or logarithms of probabilities. */
export type Matrix = 'input' | 'output';

/** What a thread needs to know of a model to rank its songs. */
export interface Searchable extends Pick<ModelMemory, 'memory' | 'stride' | 'input' | 'output' | 'quantised' | 'inverseNorms' | 'ways' | 'forks' | 'graph' | 'second'> {
  readonly hasTree: boolean;
}

export interface SlotQuestion {
  readonly slot: Slot;
  readonly k: number;
}

/** Ranks songs for the queries that stand in slots. Where the exact vectors are not kept, theirs in bytes take their place. */
export interface Ranking {
  /**
   * The k best songs of each slot: one pass over the matrix in bytes for all of them, then the most promising ones again
   * with the exact vectors.
   *
   * @param questions k up to `mostNearest`
   * @returns how many pairs of score and row are in each `slot.heap`, best first; of equal scores the lower row is first
   */
  nearest(matrix: Matrix, questions: readonly SlotQuestion[]): number[];
  /**
   * The k songs of `input` with the best scores, or nearly so, by the index that the model must have: in `slot.heap` as
   * `nearest` puts them.
   *
   * @param breadth songs that are kept in view and then looked at again; at least k
   * @returns undefined where the query is zero, which is like nothing
   */
  nearestByIndex(slot: Slot, k: number, breadth: number): number | undefined;
  /**
   * Scores of some rows, in their order [rows.length]; exclusions do not count. They are exact, but for more than
   * `mostExact` songs of a tree, whose ways are a good part of it: these are of the vectors in bytes.
   */
  scoresOf(matrix: Matrix, slot: Slot, rows: Uint32Array): Float32Array;
  /** The same by the vectors in bytes, for the slot's query and another one. Only for the first slot. */
  roughScoresOfBoth(matrix: Matrix, slot: Slot, other: Float32Array, rows: Uint32Array): [Float32Array, Float32Array];
  /** The same by the vectors in bytes. */
  roughScoresOf(matrix: Matrix, slot: Slot, rows: Uint32Array): Float32Array;
  /** The k best songs by the vectors in bytes, in no order; k up to `mostNearest`. */
  promising(matrix: Matrix, slot: Slot, k: number): Uint32Array;
  /** Exact scores of all songs [V], valid until the slot is used again. */
  scores(matrix: Matrix, slot: Slot): Float32Array;
  /** Milliseconds that one search of `input` takes, by a few passes over some of the rows; one down a tree takes less. */
  estimate(slot: Slot): number;
}

/** Rows that all queries are asked about while they are in the cache. */
const rowsABlock = 512;
/** Songs that are looked at again besides those asked for; `npm run bench:recall` shows what they do. */
const spare = { vectors: 120, tree: 60 };
export const mostNearest = heapCapacity - spare.tree;
export const mostExact = 512;
/** The share of all nodes after which a search down the tree gives up. */
const nodesToDescend = 0.125;
const fewestNodes = 512;
/** Inner nodes that a song among many adds to those on their ways. */
const wayOfSong = 8;
const rowsToMeasure = 32_768;
const none: ReadonlySet<number> = new Set();

export function createRanking(model: Searchable, kernel: Kernel): Ranking {
  const { stride, inverseNorms, ways, forks } = model;
  const songs = inverseNorms.length;
  let graph: OpenGraph | undefined;
  const hasTree = (matrix: Matrix) => model.hasTree && matrix === 'output';

  /** Puts the k best songs of each slot into its heap, and returns how many they are. */
  function candidates(matrix: Matrix, questions: readonly SlotQuestion[]): number[] {
    return hasTree(matrix) ? candidatesByTree(questions) : candidatesByVectors(matrix, questions);
  }

  function candidatesByVectors(matrix: Matrix, questions: readonly SlotQuestion[]): number[] {
    const { bytes, factors } = model.quantised[matrix];
    const asked = questions.map(({ slot, k }) => ({ slot, unit: toIntegers(slot), capacity: Math.min(songs, k), size: 0 }));
    for (let row = 0; row < songs; row += rowsABlock) {
      const rows = Math.min(rowsABlock, songs - row);
      for (const question of asked) {
        const { slot: { integers, excluded, heap }, unit, capacity, size } = question;
        question.size = kernel.nearestQuantised(bytes.byteOffset + row * stride, factors.byteOffset + row * 4, row, rows, stride, integers.byteOffset, unit, excluded.byteOffset, heap.byteOffset, size, capacity);
      }
    }
    return asked.map(({ size }) => size);
  }

  function candidatesByTree(questions: readonly SlotQuestion[]): number[] {
    const asked = questions.map(({ slot, k }) => {
      const capacity = Math.min(songs, k);
      const unit = toIntegers(slot);
      return { slot, unit, capacity, size: descend(slot, unit, capacity) };
    });
    const unfinished = asked.filter(({ size }) => size < 0);
    for (let row = 0; row < songs && unfinished.length > 0; row += rowsABlock) {
      for (const { slot, unit } of unfinished) scanInBytes('output', slot, row, Math.min(rowsABlock, songs - row), unit);
    }
    for (const question of unfinished) {
      const { turns, excluded, heap } = question.slot;
      walk(question.slot);
      question.size = kernel.likeliest(songs, ways.byteOffset, turns.byteOffset, excluded.byteOffset, heap.byteOffset, question.capacity);
    }
    return asked.map(({ size }) => size);
  }

  /** Negative where a scan of all nodes is the shorter way: many songs are asked for, or few are allowed. */
  function descend({ integers, excluded, heap, turns }: Slot, unit: number, most: number): number {
    const { bytes, factors } = model.quantised.output;
    return kernel.descend(bytes.byteOffset, factors.byteOffset, songs, stride, integers.byteOffset, unit, forks.byteOffset, excluded.byteOffset, turns.byteOffset, heap.byteOffset, most, Math.max(fewestNodes, Math.ceil(songs * nodesToDescend)));
  }

  function scanInBytes(matrix: Matrix, { integers, scores }: Slot, row: number, rows: number, unit: number): void {
    const { bytes, factors } = model.quantised[matrix];
    kernel.scanQuantised(bytes.byteOffset + row * stride, factors.byteOffset + row * 4, rows, stride, integers.byteOffset, unit, scores.byteOffset + row * 4);
  }

  /** Scores of the first rows in `slot.rows`, into `slot.rowScores`. */
  function score(matrix: Matrix, slot: Slot, count: number, exactly: boolean): void {
    const { query, integers, rows, rowScores } = slot;
    const exact = model[matrix];
    const { bytes, factors } = model.quantised[matrix];
    if (!exact || !exactly) {
      kernel.scanRowsQuantised(bytes.byteOffset, factors.byteOffset, rows.byteOffset, count, stride, integers.byteOffset, toIntegers(slot), rowScores.byteOffset);
      return;
    }
    kernel.scanRows(exact.byteOffset, rows.byteOffset, count, stride, query.byteOffset, rowScores.byteOffset);
    if (matrix === 'output') return;
    for (let i = 0; i < count; i++) rowScores[i] = (rowScores[i] ?? 0) * (inverseNorms[rows[i] ?? 0] ?? 0);
  }

  function walk({ scores, turns }: Slot): void {
    kernel.walk(scores.byteOffset, songs - 1, songs, ways.byteOffset, turns.byteOffset);
  }

  function scoresOf(matrix: Matrix, slot: Slot, rows: Uint32Array, exactly = true): Float32Array {
    if (hasTree(matrix)) return likelihoods(slot, rows, exactly && model.output !== null && rows.length <= mostExact);
    slot.rows.set(rows);
    score(matrix, slot, rows.length, exactly && model[matrix] !== null);
    return slot.rowScores.slice(0, rows.length);
  }

  function likelihoods(slot: Slot, rows: Uint32Array, exactly: boolean): Float32Array {
    const { query, integers, scores, met, rows: nodes, rowScores, turns } = slot;
    const { bytes, factors } = model.quantised.output;
    const exact = exactly ? model.output : null;
    if (exact || rows.length * wayOfSong < songs) {
      new Uint32Array(scores.buffer, scores.byteOffset, rows.length).set(rows);
      const [matrix, scale, vector] = exact ? [exact, 0, query] : [bytes, factors.byteOffset, integers];
      kernel.climb(matrix.byteOffset, scale, songs, stride, vector.byteOffset, exact ? 1 : toIntegers(slot), ways.byteOffset, met.byteOffset, nodes.byteOffset, turns.byteOffset, scores.byteOffset, rows.length, rowScores.byteOffset);
      return rowScores.slice(0, rows.length);
    }
    scanInBytes('output', slot, 0, songs, toIntegers(slot));
    walk(slot);
    return Float32Array.from(rows, (row) => turns[ways[row] ?? 0] ?? 0);
  }

  function roughScoresOfBoth(matrix: Matrix, slot: Slot, other: Float32Array, rows: Uint32Array): [Float32Array, Float32Array] {
    if (!hasTree(matrix) || rows.length * wayOfSong >= songs) {
      const first = scoresOf(matrix, slot, rows, false);
      slot.query.set(other);
      return [first, scoresOf(matrix, slot, rows, false)];
    }
    const { integers, scores, met, rows: nodes, rowScores } = slot;
    const { bytes, factors } = model.quantised.output;
    const { second } = model;
    new Uint32Array(scores.buffer, scores.byteOffset, rows.length).set(rows);
    kernel.climbBoth(bytes.byteOffset, factors.byteOffset, songs, stride, integers.byteOffset, toIntegers(slot), second.integers.byteOffset, toIntegers({ query: other, integers: second.integers }), ways.byteOffset, met.byteOffset, nodes.byteOffset, second.turns.byteOffset, scores.byteOffset, rows.length, rowScores.byteOffset);
    const both = [new Float32Array(rows.length), new Float32Array(rows.length)] as const;
    for (let i = 0; i < rows.length; i++) {
      both[0][i] = rowScores[2 * i] as number;
      both[1][i] = rowScores[2 * i + 1] as number;
    }
    return [...both];
  }

  /** Orders the candidates in the heap by their exact scores, which do not depend on how many they are; the best k stay. */
  function settle(matrix: Matrix, slot: Slot, candidates: number, k: number): number {
    const { heap } = slot;
    const heapScores = new Float32Array(heap.buffer, heap.byteOffset, heap.length);
    const rows = Uint32Array.from({ length: candidates }, (_, i) => heap[2 * i + 1] ?? 0).sort();
    const scores = hasTree(matrix) ? likelihoods(slot, rows, model.output !== null) : scoresOf(matrix, slot, rows);
    const best = topK(scores, k, none);
    for (const [place, i] of best.entries()) {
      heapScores[2 * place] = scores[i] ?? 0;
      heap[2 * place + 1] = rows[i] ?? 0;
    }
    return best.length;
  }

  return {
    scoresOf,
    roughScoresOfBoth,
    roughScoresOf: (matrix, slot, rows) => scoresOf(matrix, slot, rows, false),
    estimate(slot) {
      const rows = Math.min(songs, rowsToMeasure);
      const times = Array.from({ length: 4 }, () => {
        const started = performance.now();
        scanInBytes('input', slot, 0, rows, 1);
        return performance.now() - started;
      });
      return (Math.min(...times) * songs) / rows;
    },
    nearest(matrix, questions) {
      const more = hasTree(matrix) ? spare.tree : spare.vectors;
      const found = candidates(matrix, questions.map(({ slot, k }) => ({ slot, k: k + more })));
      return questions.map(({ slot, k }, i) => settle(matrix, slot, found[i] ?? 0, k));
    },
    nearestByIndex(slot, k, breadth) {
      if (toIntegers(slot) === 0) return undefined;
      graph ??= openGraph(model, kernel);
      return settle('input', slot, graph.search(slot, breadth), k);
    },
    promising(matrix, slot, k) {
      const [found = 0] = candidates(matrix, [{ slot, k }]);
      const rows = new Uint32Array(found);
      for (let i = 0; i < found; i++) rows[i] = slot.heap[2 * i + 1] as number;
      return rows;
    },
    scores(matrix, slot) {
      const { query, scores, rowScores, turns } = slot;
      const exact = model[matrix];
      if (exact) kernel.scan(exact.byteOffset, songs, stride, query.byteOffset, scores.byteOffset);
      else scanInBytes(matrix, slot, 0, songs, toIntegers(slot));
      if (hasTree(matrix)) {
        walk(slot);
        kernel.arrive(songs, ways.byteOffset, turns.byteOffset, rowScores.byteOffset);
        return rowScores;
      }
      if (exact && matrix === 'input') for (let row = 0; row < songs; row++) scores[row] = (scores[row] ?? 0) * (inverseNorms[row] ?? 0);
      return scores;
    },
  };
}

/** Puts a question into a slot. `release` makes the slot as it was. */
export function ask(slot: Slot, query: Float32Array, excluded: Excluded): void {
  slot.query.set(query);
  if ('bits' in excluded) slot.excluded.set(excluded.bits);
  else for (const row of excluded) setBit(slot.excluded, row);
}

export function release(slot: Slot, excluded: Excluded): void {
  if ('bits' in excluded) slot.excluded.fill(0);
  else for (const row of excluded) slot.excluded[row >> 3] = 0;
}
