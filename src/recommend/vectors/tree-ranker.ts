import type { SecondQuery, Slot } from "../../model/memory/layout.ts";
import { quantiseToInt16 } from "./quantise-query.ts";
import type { Searchable, SlotQuery } from "./searchable.ts";
import { rowsPerBlock, scanInt8 } from "./int8-scan.ts";
import type { Kernel } from "./scan.ts";

/**
 * Ranks songs of a model with hierarchical softmax, whose output vectors belong to the inner nodes of a Huffman tree.
 */
export interface TreeRanker {
  /** Writes the k most likely songs by int8 vectors into the heap of each slot. @returns the size of each heap */
  findCandidates(queries: readonly SlotQuery[]): number[];
  /** @param isExact whether to use the exact vectors instead of int8 vectors @returns [rows.length] */
  logLikelihoods(slot: Slot, rows: Uint32Array, isExact: boolean): Float32Array;
  /**
   * Scores songs for the slot's query and another one, by int8 vectors.
   *
   * @returns undefined if there are so many songs that scoring each query alone is faster
   */
  logLikelihoodsOfTwo(slot: Slot, other: Float32Array, rows: Uint32Array): [Float32Array, Float32Array] | undefined;
  /** @param slot with the scores of all nodes in `slot.scores` @returns [V], valid until the slot is used again */
  logLikelihoodsOfAll(slot: Slot): Float32Array;
}

/** A tree search gives up after visiting this share of the nodes. */
const maxNodeShare = 0.125;
/** But not before it has visited this many. */
const minNodeBudget = 512;
/** New inner nodes per song, on average, when the paths of many songs are merged. */
const nodesPerSong = 8;

/** @param secondQuery buffers that no other thread uses */
export function createTreeRanker(model: Searchable, kernel: Kernel, secondQuery: SecondQuery): TreeRanker {
  const { stride, inverseNorms, parentBranches, branchChildren } = model;
  const songs = inverseNorms.length;

  function findCandidates(queries: readonly SlotQuery[]): number[] {
    const searches = queries.map(({ slot, k }) => {
      const capacity = Math.min(songs, k);
      const unit = quantiseToInt16(slot);
      return { slot, unit, capacity, size: searchTree(slot, unit, capacity) };
    });
    const unfinished = searches.filter(({ size }) => size < 0);
    for (let row = 0; row < songs && unfinished.length > 0; row += rowsPerBlock) {
      for (const { slot, unit } of unfinished)
        scanInt8(model, kernel, "output", slot, row, Math.min(rowsPerBlock, songs - row), unit);
    }
    for (const query of unfinished) {
      const { branchScores, excluded, heap } = query.slot;
      computeBranchScores(query.slot);
      query.size = kernel.findLikeliest(
        songs,
        parentBranches.byteOffset,
        branchScores.byteOffset,
        excluded.byteOffset,
        heap.byteOffset,
        query.capacity,
      );
    }
    return searches.map(({ size }) => size);
  }

  /** Returns −1 if the search gives up: if many songs are requested or excluded, a scan of all nodes is faster. */
  function searchTree({ queryInt16, excluded, heap, branchScores }: Slot, unit: number, limit: number): number {
    const { values, factors } = model.quantised.output;
    return kernel.searchTree(
      values.byteOffset,
      factors.byteOffset,
      songs,
      stride,
      queryInt16.byteOffset,
      unit,
      branchChildren.byteOffset,
      excluded.byteOffset,
      branchScores.byteOffset,
      heap.byteOffset,
      limit,
      Math.max(minNodeBudget, Math.ceil(songs * maxNodeShare)),
    );
  }

  function computeBranchScores({ scores, branchScores }: Slot): void {
    kernel.computeBranchScores(scores.byteOffset, songs - 1, songs, parentBranches.byteOffset, branchScores.byteOffset);
  }

  function logLikelihoods(slot: Slot, rows: Uint32Array, isExact: boolean): Float32Array {
    const { query, queryInt16, scores, visited, rows: nodes, rowScores, branchScores } = slot;
    const { values, factors } = model.quantised.output;
    const exact = isExact ? model.output : null;
    if (exact || rows.length * nodesPerSong < songs) {
      new Uint32Array(scores.buffer, scores.byteOffset, rows.length).set(rows);
      const [matrix, scale, vector] = exact ? [exact, 0, query] : [values, factors.byteOffset, queryInt16];
      kernel.scoreSongs(
        matrix.byteOffset,
        scale,
        songs,
        stride,
        vector.byteOffset,
        exact ? 1 : quantiseToInt16(slot),
        parentBranches.byteOffset,
        visited.byteOffset,
        nodes.byteOffset,
        branchScores.byteOffset,
        scores.byteOffset,
        rows.length,
        rowScores.byteOffset,
      );
      return rowScores.slice(0, rows.length);
    }
    scanInt8(model, kernel, "output", slot, 0, songs, quantiseToInt16(slot));
    computeBranchScores(slot);
    return Float32Array.from(rows, (row) => branchScores[parentBranches[row] ?? 0] ?? 0);
  }

  function logLikelihoodsOfTwo(
    slot: Slot,
    other: Float32Array,
    rows: Uint32Array,
  ): [Float32Array, Float32Array] | undefined {
    if (rows.length * nodesPerSong >= songs) return undefined;
    const { queryInt16, scores, visited, rows: nodes, rowScores } = slot;
    const { values, factors } = model.quantised.output;
    new Uint32Array(scores.buffer, scores.byteOffset, rows.length).set(rows);
    kernel.scoreSongsForTwo(
      values.byteOffset,
      factors.byteOffset,
      songs,
      stride,
      queryInt16.byteOffset,
      quantiseToInt16(slot),
      secondQuery.queryInt16.byteOffset,
      quantiseToInt16({ query: other, queryInt16: secondQuery.queryInt16 }),
      parentBranches.byteOffset,
      visited.byteOffset,
      nodes.byteOffset,
      secondQuery.branchScores.byteOffset,
      scores.byteOffset,
      rows.length,
      rowScores.byteOffset,
    );
    const both = [new Float32Array(rows.length), new Float32Array(rows.length)] as const;
    for (let i = 0; i < rows.length; i++) {
      both[0][i] = rowScores[2 * i] as number;
      both[1][i] = rowScores[2 * i + 1] as number;
    }
    return [...both];
  }

  return {
    findCandidates,
    logLikelihoods,
    logLikelihoodsOfTwo,
    logLikelihoodsOfAll(slot) {
      computeBranchScores(slot);
      kernel.gatherSongScores(
        songs,
        parentBranches.byteOffset,
        slot.branchScores.byteOffset,
        slot.rowScores.byteOffset,
      );
      return slot.rowScores;
    },
  };
}
