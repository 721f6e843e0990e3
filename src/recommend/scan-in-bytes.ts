import type { ModelMemory, Slot } from '../model/layout.ts';
import type { Kernel } from './scan.ts';

/** Rows that all queries are asked about while they are in the cache. */
export const rowsABlock = 512;

/** Scores of some rows in a line by the vectors in bytes, into `slot.scores`. @param unit what 1 in the slot's whole numbers stands for */
export function scanInBytes({ quantised, stride }: Pick<ModelMemory, 'quantised' | 'stride'>, kernel: Kernel, matrix: 'input' | 'output', { integers, scores }: Slot, row: number, rows: number, unit: number): void {
  const { bytes, factors } = quantised[matrix];
  kernel.scanQuantised(bytes.byteOffset + row * stride, factors.byteOffset + row * 4, rows, stride, integers.byteOffset, unit, scores.byteOffset + row * 4);
}
