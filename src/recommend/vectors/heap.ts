import type { Slot } from "../../model/memory/layout.ts";

/** Songs, the best first; of equal scores the lower row, which is the more popular song, comes first. */
export interface NearestSongs {
  readonly rows: Uint32Array;
  readonly scores: Float32Array;
}

/** The same with scores of any precision [rows.length], never rising. */
export interface RankedRows {
  readonly rows: Uint32Array;
  readonly scores: ArrayLike<number>;
}

/** What was found for a slot's question. @param found pairs in its heap */
export function readHeap(slot: Slot | undefined, found: number): NearestSongs {
  const heap = slot?.heap ?? new Uint32Array();
  const scores = new Float32Array(heap.buffer, heap.byteOffset, 2 * found);
  return {
    rows: Uint32Array.from({ length: found }, (_, i) => heap[2 * i + 1] ?? 0),
    scores: Float32Array.from({ length: found }, (_, i) => scores[2 * i] ?? 0),
  };
}

/** @returns how many pairs that are */
export function writeHeap({ heap }: Slot, { rows, scores }: NearestSongs): number {
  const heapScores = new Float32Array(heap.buffer, heap.byteOffset, heap.length);
  for (const [i, row] of rows.entries()) {
    heapScores[2 * i] = scores[i] ?? 0;
    heap[2 * i + 1] = row;
  }
  return rows.length;
}
