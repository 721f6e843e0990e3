import type { Slot } from "../../model/memory/layout.ts";

/** Songs in descending order of score. With ties the lower row, which is the more popular song, comes first. */
export interface NearestSongs {
  readonly rows: Uint32Array;
  readonly scores: Float32Array;
}

/** Songs in descending order of score, with scores of any precision. */
export interface RankedRows {
  readonly rows: Uint32Array;
  /** [rows.length] */
  readonly scores: ArrayLike<number>;
}

/** Copies the result of a search from the heap of a slot. @param found number of pairs in the heap */
export function readHeap(slot: Slot | undefined, found: number): NearestSongs {
  const heap = slot?.heap ?? new Uint32Array();
  const scores = new Float32Array(heap.buffer, heap.byteOffset, 2 * found);
  return {
    rows: Uint32Array.from({ length: found }, (_, i) => heap[2 * i + 1] ?? 0),
    scores: Float32Array.from({ length: found }, (_, i) => scores[2 * i] ?? 0),
  };
}

/** Writes a result into the heap of a slot. @returns the number of pairs */
export function writeHeap({ heap }: Slot, { rows, scores }: NearestSongs): number {
  const heapScores = new Float32Array(heap.buffer, heap.byteOffset, heap.length);
  for (const [i, row] of rows.entries()) {
    heapScores[2 * i] = scores[i] ?? 0;
    heap[2 * i + 1] = row;
  }
  return rows.length;
}
