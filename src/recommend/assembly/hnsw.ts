import { isExcluded, keep, quantisedProduct } from './quantised';
import { rise, sink } from './queue';

/**
 * Hierarchical navigable small worlds (Malkov and Yashunin 2018, arXiv 1603.09320): a graph in which every song has links to
 * some that are like it, in different directions. A search goes from song to song, always on from the best one that it has
 * not been at. Above the graph are layers with a sixteenth of the songs of the layer below each, through which it comes near.
 *
 * Songs are likened by their bytes: the score of a row is its factor times its bytes · query.
 */

/** Ends the links of a song that has fewer than there is room for. */
const none: u32 = 0xffffffff;
const layerShift: u32 = 4;

let matrix: usize = 0;
let factors: usize = 0;
let songs: u32 = 0;
let stride: usize = 0;
let links: usize = 0;
let upper: usize = 0;
let width: u32 = 0;
/** Holds what `touch` gives, so that no compiler leaves its loads out. */
let touched: u32 = 0;

/**
 * Names the graph that the other functions are about; one for each instance of this module.
 *
 * @param bytes address of i8 [songs, stride]
 * @param scales address of f32 [songs]
 * @param bottom address of u32 [songs, linksEach]: the rows that each song has links to
 * @param layers address of u32 [the songs of all layers above, linksEach], the lowest layer first. Layer l has ⌊songs / 16^l⌋
 *   songs, one of each 16^l rows that follow each other.
 */
export function openGraph(bytes: usize, scales: usize, rows: u32, rowBytes: usize, bottom: usize, layers: usize, linksEach: u32): void {
  matrix = bytes;
  factors = scales;
  songs = rows;
  stride = rowBytes;
  links = bottom;
  upper = layers;
  width = linksEach;
}

// @ts-ignore: decorator
@inline
function scoreOf(row: u32, query: usize): f32 {
  const at = matrix + <usize>row * stride;
  return <f32>quantisedProduct(at, at + stride, query) * f32.load(factors + (<usize>row << 2));
}

/** From the top layer down to layer `last`, in each as far as there is a better song next to the best. */
function approach(top: u32, last: u32, entry: u32, query: usize): u32 {
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
 * @param met address of a bit for each row, all 0 before and after
 * @param list, scores addresses of u32 and f32 [songs], overwritten
 * @param queue address of [songs] pairs of score and row, overwritten
 * @param heap address of [most] pairs of score and row, written; the worst is on top
 * @param most how many are found; the more, the fewer are missed
 * @returns how many were found
 */
export function searchGraph(top: u32, last: u32, entry: u32, query: usize, excluded: usize, met: usize, list: usize, scores: usize, queue: usize, heap: usize, most: u32): u32 {
  const first = approach(top, last, entry, query);
  const firstScore = scoreOf(first, query);
  let found: u32 = 0;
  let count: u32 = 1;
  let queued: u32 = 1;
  mark(met, first);
  store<u32>(list, first);
  rise(queue, 0, firstScore, first);
  if (!excluded || !isExcluded(excluded, first)) found = keep(heap, 0, most, firstScore, first);
  let worst: f32 = found == most ? firstScore : -Infinity;

  while (queued > 0 && f32.load(queue) >= worst) {
    const neighbours = links + <usize>load<u32>(queue, 4) * (width << 2);
    const end = queue + (--queued << 3);
    sink(queue, queued, f32.load(end), load<u32>(end, 4));
    const before = count;
    for (let i: u32 = 0; i < width; i++) {
      const other = load<u32>(neighbours + (i << 2));
      if (other == none) break;
      if (isExcluded(met, other)) continue;
      mark(met, other);
      store<u32>(list + (count++ << 2), other);
      touched += touch(other);
    }
    for (let i = before; i < count; i++) f32.store(scores + (i << 2), scoreOf(load<u32>(list + (i << 2)), query));
    for (let i = before; i < count; i++) {
      const score = f32.load(scores + (i << 2));
      if (score <= worst && found == most) continue;
      const other = load<u32>(list + (i << 2));
      rise(queue, queued++, score, other);
      if (excluded && isExcluded(excluded, other)) continue;
      found = keep(heap, found, most, score, other);
      if (found == most) worst = f32.load(heap);
    }
  }
  while (count-- > 0) store<u8>(met + (load<u32>(list + (count << 2)) >> 3), 0);
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
function mark(met: usize, row: u32): void {
  const at = met + (row >> 3);
  store<u8>(at, load<u8>(at) | (<u8>1 << <u8>(row & 7)));
}

/**
 * Gives each of some songs its links to songs of the graph, which stays as it is: so threads can do it at once, and how
 * many they are changes nothing. Half of the room is left for links that come from songs after it.
 *
 * @param rows address of u32 [count]
 * @param query address of i16 [stride], overwritten; for the rest see `searchGraph`
 */
export function linkRows(rows: usize, count: u32, top: u32, last: u32, entry: u32, query: usize, met: usize, list: usize, scores: usize, queue: usize, heap: usize, most: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(rows + (i << 2));
    widen(row, query);
    const found = searchGraph(top, last, entry, query, 0, met, list, scores, queue, heap, most);
    chooseLinks(row, heap, found, width >> 1);
  }
}

/**
 * Makes songs part of the graph: every song that they have a link to gets one back. Those that have no room left choose anew.
 *
 * @param part, parts only songs whose row is `part` modulo `parts` get links: those of other parts may at the same time
 * @param heap address of [linksEach + 1] pairs, overwritten
 */
export function linkBack(rows: usize, count: u32, part: u32, parts: u32, query: usize, heap: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(rows + (i << 2));
    const own = links + <usize>row * (width << 2);
    for (let j: u32 = 0; j < width; j++) {
      const other = load<u32>(own + (j << 2));
      if (other == none) break;
      if (other % parts == part) addLink(other, row, query, heap);
    }
  }
}

function addLink(row: u32, added: u32, query: usize, heap: usize): void {
  const own = links + <usize>row * (width << 2);
  for (let i: u32 = 0; i < width; i++) {
    if (load<u32>(own + (i << 2)) != none) continue;
    store<u32>(own + (i << 2), added);
    return;
  }
  widen(row, query);
  let size = keep(heap, 0, width + 1, scoreOf(added, query), added);
  for (let i: u32 = 0; i < width; i++) {
    const other = load<u32>(own + (i << 2));
    size = keep(heap, size, width + 1, scoreOf(other, query), other);
  }
  chooseLinks(row, heap, size, width);
}

/** The bytes of a row as a query. */
function widen(row: u32, query: usize): void {
  const at = matrix + <usize>row * stride;
  for (let i: usize = 0; i < stride; i += 8) v128.store(query + (i << 1), v128.load8x8_s(at + i));
}

/**
 * Of songs that are like this one the most alike first, but none that is more like one that is chosen already: so links go
 * in different directions (algorithm 4 of the paper).
 *
 * @param heap address of `size` pairs of score and row, the worst on top; overwritten
 */
function chooseLinks(row: u32, heap: usize, size: u32, most: u32): void {
  const own = links + <usize>row * (width << 2);
  const factor = f32.load(factors + (<usize>row << 2));
  for (let end = size; end > 1; ) {
    const worst = load<u64>(heap);
    const last = heap + (--end << 3);
    const score = f32.load(last), other = load<u32>(last, 4);
    store<u64>(last, worst);
    keep(heap, end, end, score, other);
  }
  let chosen: u32 = 0;
  for (let i: u32 = 0; i < size && chosen < most; i++) {
    const at = heap + (i << 3);
    const other = load<u32>(at, 4);
    if (isNearest(other, f32.load(at) * factor, own, chosen)) store<u32>(own + (chosen++ << 2), other);
  }
  for (; chosen < width; chosen++) store<u32>(own + (chosen << 2), none);
}

/** Whether a song is as much like another one as `likeness` says, and less like those of a list. */
function isNearest(row: u32, likeness: f32, list: usize, count: u32): bool {
  const at = matrix + <usize>row * stride;
  const factor = f32.load(factors + (<usize>row << 2));
  for (let i: u32 = 0; i < count; i++) {
    const other = load<u32>(list + (i << 2));
    if (<f32>productOfRows(at, matrix + <usize>other * stride) * factor * f32.load(factors + (<usize>other << 2)) > likeness) return false;
  }
  return true;
}

function productOfRows(row: usize, other: usize): i32 {
  let a = i32x4.splat(0), b = i32x4.splat(0);
  for (const end = row + stride; row < end; row += 16, other += 16) {
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load8x8_s(row), v128.load8x8_s(other)));
    b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load8x8_s(row, 8), v128.load8x8_s(other, 8)));
  }
  const sum = i32x4.add(a, b);
  return i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3);
}
