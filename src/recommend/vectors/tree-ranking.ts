import type { SecondQuery, Slot } from "../../model/memory/layout.ts";
import { toIntegers } from "./integers.ts";
import type { Searchable, SlotQuery } from "./searchable.ts";
import { rowsABlock, scanInBytes } from "./scan-in-bytes.ts";
import type { Kernel } from "./scan.ts";

/** Ranks songs by their likelihoods, where output vectors belong to the inner nodes of a tree. */
export interface TreeRanking {
  /** Puts the k likeliest songs of each slot into its heap, by the vectors in bytes, and returns how many they are. */
  candidates(queries: readonly SlotQuery[]): number[];
  /** Of some songs, by the exact vectors or those in bytes [rows.length] */
  likelihoods(slot: Slot, rows: Uint32Array, exactly: boolean): Float32Array;
  /** By those in bytes, for the slot's query and another one; undefined where the songs are so many that each is better scored alone. */
  likelihoodsOfBoth(slot: Slot, other: Float32Array, rows: Uint32Array): [Float32Array, Float32Array] | undefined;
  /** Of all songs, from the scores of all nodes in `slot.scores` [V], valid until the slot is used again. */
  arrive(slot: Slot): Float32Array;
}

/** The share of all nodes after which a search down the tree gives up. */
const nodesToDescend = 0.125;
const fewestNodes = 512;
/** Inner nodes that a song among many adds to those on their ways. */
const wayOfSong = 8;

/** @param second which only this thread uses */
export function createTreeRanking(model: Searchable, kernel: Kernel, second: SecondQuery): TreeRanking {
  const { stride, inverseNorms, parentBranches, branchChildren } = model;
  const songs = inverseNorms.length;

  function candidates(queries: readonly SlotQuery[]): number[] {
    const asked = queries.map(({ slot, k }) => {
      const capacity = Math.min(songs, k);
      const unit = toIntegers(slot);
      return { slot, unit, capacity, size: descend(slot, unit, capacity) };
    });
    const unfinished = asked.filter(({ size }) => size < 0);
    for (let row = 0; row < songs && unfinished.length > 0; row += rowsABlock) {
      for (const { slot, unit } of unfinished)
        scanInBytes(model, kernel, "output", slot, row, Math.min(rowsABlock, songs - row), unit);
    }
    for (const query of unfinished) {
      const { branchScores, excluded, heap } = query.slot;
      walk(query.slot);
      query.size = kernel.likeliest(
        songs,
        parentBranches.byteOffset,
        branchScores.byteOffset,
        excluded.byteOffset,
        heap.byteOffset,
        query.capacity,
      );
    }
    return asked.map(({ size }) => size);
  }

  /** Negative where a scan of all nodes is the shorter way: many songs are asked for, or few are allowed. */
  function descend({ queryInt16, excluded, heap, branchScores }: Slot, unit: number, most: number): number {
    const { values, factors } = model.quantised.output;
    return kernel.descend(
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
      most,
      Math.max(fewestNodes, Math.ceil(songs * nodesToDescend)),
    );
  }

  function walk({ scores, branchScores }: Slot): void {
    kernel.walk(scores.byteOffset, songs - 1, songs, parentBranches.byteOffset, branchScores.byteOffset);
  }

  function likelihoods(slot: Slot, rows: Uint32Array, exactly: boolean): Float32Array {
    const { query, queryInt16, scores, visited, rows: nodes, rowScores, branchScores } = slot;
    const { values, factors } = model.quantised.output;
    const exact = exactly ? model.output : null;
    if (exact || rows.length * wayOfSong < songs) {
      new Uint32Array(scores.buffer, scores.byteOffset, rows.length).set(rows);
      const [matrix, scale, vector] = exact ? [exact, 0, query] : [values, factors.byteOffset, queryInt16];
      kernel.climb(
        matrix.byteOffset,
        scale,
        songs,
        stride,
        vector.byteOffset,
        exact ? 1 : toIntegers(slot),
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
    scanInBytes(model, kernel, "output", slot, 0, songs, toIntegers(slot));
    walk(slot);
    return Float32Array.from(rows, (row) => branchScores[parentBranches[row] ?? 0] ?? 0);
  }

  function likelihoodsOfBoth(
    slot: Slot,
    other: Float32Array,
    rows: Uint32Array,
  ): [Float32Array, Float32Array] | undefined {
    if (rows.length * wayOfSong >= songs) return undefined;
    const { queryInt16, scores, visited, rows: nodes, rowScores } = slot;
    const { values, factors } = model.quantised.output;
    new Uint32Array(scores.buffer, scores.byteOffset, rows.length).set(rows);
    kernel.climbBoth(
      values.byteOffset,
      factors.byteOffset,
      songs,
      stride,
      queryInt16.byteOffset,
      toIntegers(slot),
      second.queryInt16.byteOffset,
      toIntegers({ query: other, queryInt16: second.queryInt16 }),
      parentBranches.byteOffset,
      visited.byteOffset,
      nodes.byteOffset,
      second.branchScores.byteOffset,
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
    candidates,
    likelihoods,
    likelihoodsOfBoth,
    arrive(slot) {
      walk(slot);
      kernel.arrive(songs, parentBranches.byteOffset, slot.branchScores.byteOffset, slot.rowScores.byteOffset);
      return slot.rowScores;
    },
  };
}
