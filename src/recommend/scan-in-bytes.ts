import type { ModelMemory, Slot } from '../model/layout.ts';
import { toSevenBits } from './integers.ts';
import type { SlotQuestion } from './ranking.ts';
import type { Kernel } from './scan.ts';

type InBytes = Pick<ModelMemory, 'quantised' | 'stride'>;

/** Rows that all queries are asked about while they are in the cache. */
export const rowsABlock = 512;

/** Scores of some rows in a line by the vectors in bytes, into `slot.scores`. @param unit what 1 in the slot's whole numbers stands for */
export function scanInBytes({ quantised, stride }: InBytes, kernel: Kernel, matrix: 'input' | 'output', { integers, scores }: Slot, row: number, rows: number, unit: number): void {
  const { bytes, factors } = quantised[matrix];
  kernel.scanQuantised(bytes.byteOffset + row * stride, factors.byteOffset + row * 4, rows, stride, integers.byteOffset, unit, scores.byteOffset + row * 4);
}

/**
 * Puts the k best songs of each question into the heap of its slot, or nearly those: by the vectors in bytes and the query in
 * seven bits. One pass over the rows answers all questions.
 *
 * @param first, end the rows that are looked at, all by default
 * @returns how many pairs of score and row are in each heap, in no order
 */
export function nearestInBytes({ quantised, stride }: InBytes, kernel: Kernel, matrix: 'input' | 'output', questions: readonly SlotQuestion[], first = 0, end = quantised[matrix].factors.length): number[] {
  const { bytes, factors, sums } = quantised[matrix];
  const asked = questions.map(({ slot, k }) => ({ slot, unit: toSevenBits(slot), capacity: Math.min(factors.length, k), size: 0 }));
  for (let row = first; row < end; row += rowsABlock) {
    const rows = Math.min(rowsABlock, end - row);
    for (const question of asked) {
      const { slot: { sevenBits, excluded, heap }, unit, capacity, size } = question;
      question.size = kernel.nearestQuantised(bytes.byteOffset + row * stride, factors.byteOffset + row * 4, sums.byteOffset + row * 4, row, rows, stride, sevenBits.byteOffset, unit, excluded.byteOffset, heap.byteOffset, size, capacity);
    }
  }
  return asked.map(({ size }) => size);
}
