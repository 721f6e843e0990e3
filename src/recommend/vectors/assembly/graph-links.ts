import { factors, links, matrix, none, scoreOf, stride, width } from './graph';
import { searchGraph } from './graph-search';
import { pushBounded, total } from './quantised';

/**
 * Writes the links of new songs to songs of the graph. The graph itself does not change, so threads can run
 * concurrently and the result does not depend on their number. Half of the capacity is reserved for links back from
 * later songs.
 *
 * @param rows address of u32 [count]
 * @param query address of i16 [stride], overwritten; for the rest see `searchGraph`
 */
export function linkRows(
  rows: usize,
  count: u32,
  top: u32,
  last: u32,
  entry: u32,
  query: usize,
  visited: usize,
  list: usize,
  scores: usize,
  queue: usize,
  heap: usize,
  efConstruction: u32,
): void {
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(rows + (i << 2));
    loadRowAsQuery(row, query);
    const found = searchGraph(top, last, entry, query, 0, visited, list, scores, queue, heap, efConstruction);
    chooseLinks(row, heap, found, width >> 1);
  }
}

/**
 * Adds new songs to the graph: every song that they link to gets a link back. Songs without free capacity choose their
 * links again.
 *
 * @param part, parts only rows that are `part` modulo `parts` get links; other parts can run concurrently
 * @param heap address of [linksPerSong + 1] pairs, overwritten
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
  loadRowAsQuery(row, query);
  let size = pushBounded(heap, 0, width + 1, scoreOf(added, query), added);
  for (let i: u32 = 0; i < width; i++) {
    const other = load<u32>(own + (i << 2));
    size = pushBounded(heap, size, width + 1, scoreOf(other, query), other);
  }
  chooseLinks(row, heap, size, width);
}

/** Widens the int8 vector of a row to an int16 query. */
function loadRowAsQuery(row: u32, query: usize): void {
  const at = matrix + <usize>row * stride;
  for (let i: usize = 0; i < stride; i += 8) v128.store(query + (i << 1), v128.load8x8_s(at + i));
}

/**
 * Chooses links in order of similarity. It skips songs that are more similar to an already chosen one than to this
 * song, so that links lead in different directions (algorithm 4 of the paper).
 *
 * @param heap address of `size` pairs of score and row, the worst on top; overwritten
 */
function chooseLinks(row: u32, heap: usize, size: u32, limit: u32): void {
  const own = links + <usize>row * (width << 2);
  const factor = f32.load(factors + (<usize>row << 2));
  for (let end = size; end > 1; ) {
    const worst = load<u64>(heap);
    const last = heap + (--end << 3);
    const score = f32.load(last), other = load<u32>(last, 4);
    store<u64>(last, worst);
    pushBounded(heap, end, end, score, other);
  }
  let chosen: u32 = 0;
  for (let i: u32 = 0; i < size && chosen < limit; i++) {
    const at = heap + (i << 3);
    const other = load<u32>(at, 4);
    if (isDiverse(other, f32.load(at) * factor, own, chosen)) store<u32>(own + (chosen++ << 2), other);
  }
  for (; chosen < width; chosen++) store<u32>(own + (chosen << 2), none);
}

/** Whether the similarity of a song to all songs of a list is at most `similarity`. */
function isDiverse(row: u32, similarity: f32, list: usize, count: u32): bool {
  const at = matrix + <usize>row * stride;
  const factor = f32.load(factors + (<usize>row << 2));
  for (let i: u32 = 0; i < count; i++) {
    const other = load<u32>(list + (i << 2));
    if (
      <f32>productOfRows(at, matrix + <usize>other * stride) * factor * f32.load(factors + ((<usize>other) << 2)) >
      similarity
    )
      return false;
  }
  return true;
}

function productOfRows(row: usize, other: usize): i32 {
  let a = i32x4.splat(0), b = i32x4.splat(0);
  for (const end = row + stride; row < end; row += 16, other += 16) {
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load8x8_s(row), v128.load8x8_s(other)));
    b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load8x8_s(row, 8), v128.load8x8_s(other, 8)));
  }
  return total(i32x4.add(a, b));
}
