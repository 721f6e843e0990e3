/**
 * Replaces the first entry of a priority queue. The queue is a heap of pairs of f32 score and u32 item with the best on
 * top. With ties the lower item is better.
 */
// @ts-ignore: decorator
@inline
export function siftDown(queue: usize, size: u32, score: f32, item: u32): void {
  let index: u32 = 0;
  for (;;) {
    let next: u32 = 2 * index + 1;
    if (next >= size) break;
    let at = queue + (<usize>next << 3);
    if (next + 1 < size && precedes(f32.load(at, 8), load<u32>(at, 12), f32.load(at), load<u32>(at, 4))) {
      next++;
      at += 8;
    }
    if (precedes(score, item, f32.load(at), load<u32>(at, 4))) break;
    store<u64>(queue + (<usize>index << 3), load<u64>(at));
    index = next;
  }
  f32.store(queue + (<usize>index << 3), score);
  store<u32>(queue + (<usize>index << 3), item, 4);
}

/** Adds an entry to a priority queue. */
// @ts-ignore: decorator
@inline
export function siftUp(queue: usize, end: u32, score: f32, item: u32): void {
  let index = end;
  while (index > 0) {
    const above: u32 = (index - 1) >> 1;
    const at = queue + (<usize>above << 3);
    if (precedes(f32.load(at), load<u32>(at, 4), score, item)) break;
    store<u64>(queue + (<usize>index << 3), load<u64>(at));
    index = above;
  }
  f32.store(queue + (<usize>index << 3), score);
  store<u32>(queue + (<usize>index << 3), item, 4);
}

// @ts-ignore: decorator
@inline
function precedes(score: f32, item: u32, otherScore: f32, other: u32): bool {
  return score > otherScore || (score == otherScore && item < other);
}
