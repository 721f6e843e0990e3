import { factors, links, matrix, none, scoreOf, songs, stride, upper, width } from './graph';
import { isExcluded, pushBounded } from './quantised';
import { siftUp, siftDown } from './queue';

const layerShift: u32 = 4;
/** Holds what `touch` gives, so that no compiler leaves its loads out. */
let touched: u32 = 0;

/** From the top layer down to layer `last`, in each as far as there is a better song next to the best. */
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
 * The songs with the best scores, or nearly so.
 *
 * @param top the number of the top layer; layers from there down to `last` are gone through, none where that is more
 * @param entry a row of the top layer
 * @param query address of i16 [stride]
 * @param excluded address of a bit for each row, 1 for those that are gone through and not found; 0 for none
 * @param visited address of a bit for each row, all 0 before and after
 * @param list, scores addresses of u32 and f32 [songs], overwritten
 * @param queue address of [songs] pairs of score and row, overwritten
 * @param heap address of [most] pairs of score and row, written; the worst is on top
 * @param most how many are found; the more, the fewer are missed
 * @returns how many were found
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
  most: u32,
): u32 {
  const first = descendLayers(top, last, entry, query);
  const firstScore = scoreOf(first, query);
  let found: u32 = 0;
  let count: u32 = 1;
  let queued: u32 = 1;
  markVisited(visited, first);
  store<u32>(list, first);
  siftUp(queue, 0, firstScore, first);
  if (!excluded || !isExcluded(excluded, first)) found = pushBounded(heap, 0, most, firstScore, first);
  let worst: f32 = found == most ? firstScore : -Infinity;

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
      if (score <= worst && found == most) continue;
      const other = load<u32>(list + (i << 2));
      siftUp(queue, queued++, score, other);
      if (excluded && isExcluded(excluded, other)) continue;
      found = pushBounded(heap, found, most, score, other);
      if (found == most) worst = f32.load(heap);
    }
  }
  while (count-- > 0) store<u8>(visited + (load<u32>(list + (count << 2)) >> 3), 0);
  return found;
}

/**
 * Reads a byte of each cache line of a row, whose score will be asked for: without waiting for one the processor goes on to
 * the next, so that many rows are fetched at once. WebAssembly has no other way to fetch ahead.
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
