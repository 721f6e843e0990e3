/**
 * Selects the rows of the k best scores, best first. With ties the lower row, which is the more popular song, comes
 * first.
 *
 * A heap keeps the k best rows with the worst on top, so that one comparison rejects most rows. For scores in random
 * order k · ln(V / k) rows enter the heap.
 *
 * @param scores [V], without NaN
 * @returns k rows, or fewer if fewer are not excluded
 */
export function topK(scores: Float32Array, k: number, excluded: { has(row: number): boolean }): Uint32Array {
  const heap = new Uint32Array(Math.min(k, scores.length));
  let size = 0;
  let row = 0;
  for (; row < scores.length && size < heap.length; row++) {
    if (!excluded.has(row)) siftUp(heap, size++, row, scores);
  }

  let worst = scoreOf(0, heap, scores);
  for (; row < scores.length && size > 0; row++) {
    if (!((scores[row] ?? 0) > worst) || excluded.has(row)) continue;
    siftDown(heap, size, row, scores);
    worst = scoreOf(0, heap, scores);
  }
  return heap.subarray(0, size).sort((a, b) => (isWorse(a, b, scores) ? 1 : -1));
}

function isWorse(a: number, b: number, scores: Float32Array): boolean {
  const scoreA = scores[a] ?? 0;
  const scoreB = scores[b] ?? 0;
  return scoreA < scoreB || (scoreA === scoreB && a > b);
}

function scoreOf(index: number, heap: Uint32Array, scores: Float32Array): number {
  return scores[heap[index] ?? 0] ?? 0;
}

/** Adds a row at the end of the heap. */
function siftUp(heap: Uint32Array, end: number, row: number, scores: Float32Array): void {
  let index = end;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] ?? 0;
    if (!isWorse(row, above, scores)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = row;
}

/** Replaces the top of the heap by a row. */
function siftDown(heap: Uint32Array, size: number, row: number, scores: Float32Array): void {
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= size) break;
    if (child + 1 < size && isWorse(heap[child + 1] ?? 0, heap[child] ?? 0, scores)) child++;
    const below = heap[child] ?? 0;
    if (!isWorse(below, row, scores)) break;
    heap[index] = below;
    index = child;
  }
  heap[index] = row;
}
