import { product } from './product';

export { fillLookupTable, listCandidates, scoreCandidates } from './pq-codes';
export { openGraph } from './graph';
export { linkBack, linkRows } from './graph-links';
export { searchGraph } from './graph-search';
export { nearestQuantised, scanQuantised, scanRowsQuantised } from './quantised';
export { gatherSongScores, scoreSongs, scoreSongsForTwo, searchTree, findLikeliest, computeBranchScores } from './tree';

/**
 * Dot products of one query with every row of a matrix. The speed is limited by memory bandwidth. Four sums hide the
 * latency of additions. Row by row the reads are one ascending stream, which the processor prefetches. Four rows at a
 * time would share the loads of the query but are four streams, and took a third longer (57,000 rows of 256: 7.7 ms
 * instead of 5.0 ms).
 *
 * @param matrix address of f32 [rows, stride], 16-byte aligned; stride is a multiple of 16 and not 0
 * @param query address of f32 [stride]
 * @param scores address of f32 [rows], written
 */
export function scan(matrix: usize, rows: u32, stride: u32, query: usize, scores: usize): void {
  const rowBytes: usize = (<usize>stride) << 2;
  let row: usize = matrix;
  for (let r: u32 = 0; r < rows; r++) {
    f32.store(scores + ((<usize>r) << 2), product(row, rowBytes, query));
    row += rowBytes;
  }
}

/**
 * Dot products with some rows; see `scan`.
 *
 * @param list address of u32 [count]: the rows
 * @param scores address of f32 [count], written
 */
export function scanRows(matrix: usize, list: usize, count: u32, stride: u32, query: usize, scores: usize): void {
  const rowBytes: usize = (<usize>stride) << 2;
  for (let i: u32 = 0; i < count; i++) {
    f32.store(scores + (i << 2), product(matrix + <usize>load<u32>(list + (i << 2)) * rowBytes, rowBytes, query));
  }
}
