import { factors, links, matrix, none, scoreOf, songs, stride, upper, width } from './graph';
import { isExcluded, pushBounded } from './quantised';
import { siftUp, siftDown } from './queue';

const layerShift: u32 = 4;
/** Sum of all results of `touch`, so that the compiler cannot remove the loads. */
let touched: u32 = 0;

/** Greedy search from the top layer down to layer `last`. */
function descendLayers(top: u32, last: u32, entry: u32, query: usize): u32 {
  let row = entry;
  let best = scoreOf(row, query);
  let start: u32 = 0;
  for (let layer: u32 = 1; layer < top; layer++) start += songs >> (layer * layerShift);
  for (let layer = top; layer >= last; layer--) {
    for (let from = songs; from != row; ) {
      from = row;
      const list = upper + <usize>(start + (row >> (layer * layerShift))) * (width << 2);
      for (let i: u32 = 0; i < width; i++) {
        const other = load<u32>(list + (i << 2));
        if (other == none) break;
        const score = scoreOf(other, query);
        if (score <= best) continue;
        best = score;
        row = other;
      }
    }
    if (layer > last) start -= songs >> ((layer - 1) * layerShift);
  }
  return row;
}

/**
 * Finds the approximately best songs.
 *
 * @param top the top layer
 * @param last the lowest layer of the greedy descent; larger than `top` to skip it
 * @param entry a row of the top layer
 * @param query address of i16 [stride]
 * @param excluded address of one bit per row: 1 for songs that are visited but not returned; 0 for none
 * @param visited address of one bit per row, all 0 before and after
 * @param list, scores addresses of u32 and f32 [songs], overwritten
 * @param queue address of [songs] pairs of score and row, overwritten
 * @param heap address of [ef] pairs of score and row, written; the worst is on top
 * @param ef number of songs to keep
 * @returns the number of songs found
 */
export function searchGraph(
  top: u32,
  last: u32,
  entry: u32,
  query: usize,
  excluded: usize,
  visited: usize,
  list: usize,
  scores: usize,
  queue: usize,
  heap: usize,
  ef: u32,
): u32 {
  const first = descendLayers(top, last, entry, query);
  const firstScore = scoreOf(first, query);
  let found: u32 = 0;
  let count: u32 = 1;
  let queued: u32 = 1;
  markVisited(visited, first);
  store<u32>(list, first);
  siftUp(queue, 0, firstScore, first);
  if (!excluded || !isExcluded(excluded, first)) found = pushBounded(heap, 0, ef, firstScore, first);
  let worst: f32 = found == ef ? firstScore : -Infinity;

  while (queued > 0 && f32.load(queue) >= worst) {
    const neighbours = links + <usize>load<u32>(queue, 4) * (width << 2);
    const end = queue + (--queued << 3);
    siftDown(queue, queued, f32.load(end), load<u32>(end, 4));
    const before = count;
    for (let i: u32 = 0; i < width; i++) {
      const other = load<u32>(neighbours + (i << 2));
      if (other == none) break;
      if (isExcluded(visited, other)) continue;
      markVisited(visited, other);
      store<u32>(list + (count++ << 2), other);
    }
    if (queued > 0) touched += load<u32>(links + <usize>load<u32>(queue, 4) * (width << 2));
    for (let i = before; i < count; i++) touched += touch(load<u32>(list + (i << 2)));
    for (let i = before; i < count; i++) f32.store(scores + (i << 2), scoreOf(load<u32>(list + (i << 2)), query));
    for (let i = before; i < count; i++) {
      const score = f32.load(scores + (i << 2));
      if (score <= worst && found == ef) continue;
      const other = load<u32>(list + (i << 2));
      siftUp(queue, queued++, score, other);
      if (excluded && isExcluded(excluded, other)) continue;
      found = pushBounded(heap, found, ef, score, other);
      if (found == ef) worst = f32.load(heap);
    }
  }
  while (count-- > 0) store<u8>(visited + (load<u32>(list + (count << 2)) >> 3), 0);
  return found;
}

/**
 * Prefetches a row by reading one byte of each cache line. The processor does not wait for these loads, so many rows
 * are fetched at once. WebAssembly has no prefetch instruction.
 */
// @ts-ignore: decorator
@inline
function touch(row: u32): u32 {
  let sum: u32 = load<u8>(factors + (<usize>row << 2));
  let at = matrix + <usize>row * stride;
  for (const end = at + stride; at < end; at += 64) sum += load<u8>(at);
  return sum;
}

// @ts-ignore: decorator
@inline
function markVisited(visited: usize, row: u32): void {
  const at = visited + (row >> 3);
  store<u8>(at, load<u8>(at) | (<u8>1 << <u8>(row & 7)));
}
