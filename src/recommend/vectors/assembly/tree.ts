import { isExcluded, pushBounded, quantisedProduct, quantisedProducts } from './quantised';
import { product } from './product';
import { siftUp, siftDown } from './queue';

/**
 * Computes the log-probability of both branches of every inner node of a Huffman tree, summed up from the root. The
 * probabilities of the branches are σ(s) and σ(−s) = σ(s) · e^(−s). Parents have higher numbers than their children, so
 * one pass from the root is enough.
 *
 * @param scores address of f32 [nodes, rounded up to 4]; the padding is read
 * @param parentBranches address of u32 [songs + nodes]: the branch to each song and, from `songs` on, to each node
 * @param branchScores address of f32 [2 nodes], written
 */
export function computeBranchScores(
  scores: usize,
  nodes: u32,
  songs: u32,
  parentBranches: usize,
  branchScores: usize,
): void {
  for (let node: u32 = 0; node < nodes; node += 4) {
    const at = scores + (node << 2);
    const score = v128.load(at);
    const likelihood = logSigmoid(score);
    const pairs = branchScores + (node << 3);
    const other = f32x4.sub(likelihood, score);
    v128.store(pairs, v128.shuffle<f32>(likelihood, other, 0, 4, 1, 5));
    if (node + 2 < nodes) v128.store(pairs, v128.shuffle<f32>(likelihood, other, 2, 6, 3, 7), 16);
  }
  const root = nodes - 1;
  for (let node = root; node-- > 0; ) {
    const start = f32.load(branchScores + (load<u32>(parentBranches + ((songs + node) << 2)) << 2));
    const pair = branchScores + (node << 3);
    f32.store(pair, f32.load(pair) + start);
    f32.store(pair, f32.load(pair, 4) + start, 4);
  }
}

/** Writes the log-likelihood of each song: the score of the branch to it. */
export function gatherSongScores(songs: u32, parentBranches: usize, branchScores: usize, likelihoods: usize): void {
  for (let song: u32 = 0; song < songs; song++) {
    f32.store(likelihoods + (song << 2), f32.load(branchScores + (load<u32>(parentBranches + (song << 2)) << 2)));
  }
}

/** Finds the most likely songs from branch scores; see `nearestQuantised` for the heap. */
export function findLikeliest(
  songs: u32,
  parentBranches: usize,
  branchScores: usize,
  excluded: usize,
  heap: usize,
  capacity: u32,
): u32 {
  let size: u32 = 0;
  let worst: f32 = -Infinity;
  for (let song: u32 = 0; song < songs; song++) {
    const score = f32.load(branchScores + (load<u32>(parentBranches + (song << 2)) << 2));
    if (score <= worst && size == capacity) continue;
    if (excluded && isExcluded(excluded, song)) continue;
    size = pushBounded(heap, size, capacity, score, song);
    if (size == capacity) worst = f32.load(heap);
  }
  return size;
}

/**
 * Computes the log-likelihoods of some songs. Each node on their paths is scored once.
 *
 * @param matrix address of i8 [nodes, stride], or of f32 without factors
 * @param factors address of f32 [nodes], or 0
 * @param query address of i16 or f32 [stride]
 * @param unit the value of one unit of the query
 * @param visited address of one bit per node, all 0 before and after
 * @param nodes address of u32 [nodes], overwritten
 * @param branchScores address of f32 [2 nodes], overwritten
 * @param list address of u32 [count]: the songs
 * @param likelihoods address of f32 [count], written
 */
export function scoreSongs(
  matrix: usize,
  factors: usize,
  songs: u32,
  stride: usize,
  query: usize,
  unit: f32,
  parentBranches: usize,
  visited: usize,
  nodes: usize,
  branchScores: usize,
  list: usize,
  count: u32,
  likelihoods: usize,
): void {
  const root = songs - 2;
  let size: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const branch = load<u32>(parentBranches + (<usize>load<u32>(list + (i << 2)) << 2));
    const first = size;
    size = visitPath(branch >> 1, root, parentBranches + (<usize>songs << 2), visited, nodes, size);
    for (let at = size; at-- > first; ) {
      const node = load<u32>(nodes + (at << 2));
      const start: f32 =
        node == root
          ? 0
          : f32.load(branchScores + ((<usize>load<u32>(parentBranches + ((<usize>(songs + node)) << 2))) << 2));
      const score = factors
        ? quantisedScore(matrix, factors, node, stride, query, unit)
        : product(matrix + ((<usize>node * stride) << 2), stride << 2, query);
      const likelihood = start + f32x4.extract_lane(logSigmoid(f32x4.splat(score)), 0);
      f32.store(branchScores + (<usize>node << 3), likelihood);
      f32.store(branchScores + (<usize>node << 3), likelihood - score, 4);
    }
    f32.store(likelihoods + (i << 2), f32.load(branchScores + (<usize>branch << 2)));
  }
  clearVisited(visited, nodes, size);
}

/**
 * The same as `scoreSongs` for two queries and int8 vectors. `branchScores` is f32 [2 nodes, 2], `likelihoods` f32
 * [count, 2]. All nodes are collected before the first is scored, so that rows can be prefetched two nodes ahead.
 */
export function scoreSongsForTwo(
  matrix: usize,
  factors: usize,
  songs: u32,
  stride: usize,
  query: usize,
  unit: f32,
  other: usize,
  otherUnit: f32,
  parentBranches: usize,
  visited: usize,
  nodes: usize,
  branchScores: usize,
  list: usize,
  count: u32,
  likelihoods: usize,
): u32 {
  const root = songs - 2;
  const nodeBranches = parentBranches + (<usize>songs << 2);
  const units = f32x4.replace_lane(f32x4.splat(otherUnit), 0, unit);
  let size: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const first = size;
    size = visitPath(
      load<u32>(parentBranches + ((<usize>load<u32>(list + (i << 2))) << 2)) >> 1,
      root,
      nodeBranches,
      visited,
      nodes,
      size,
    );
    reverse(nodes + (first << 2), nodes + (size << 2));
  }
  let touched: u32 = 0;
  for (let at: u32 = 0; at < size; at++) {
    const node = load<u32>(nodes + (at << 2));
    touched ^= touch(matrix + <usize>load<u32>(nodes + (min(at + 2, size - 1) << 2)) * stride, stride);
    const start =
      node == root
        ? f32x4.splat(0)
        : v128.load64_zero(branchScores + ((<usize>load<u32>(nodeBranches + ((<usize>node) << 2))) << 3));
    const row = matrix + <usize>node * stride;
    const scores = f32x4.mul(
      f32x4.mul(
        f32x4.convert_i32x4_s(quantisedProducts(row, row + stride, query, other)),
        v128.load32_splat(factors + ((<usize>node) << 2)),
      ),
      units,
    );
    const likelihood = f32x4.add(start, logSigmoid(scores));
    v128.store(
      branchScores + ((<usize>node) << 4),
      v128.shuffle<f32>(likelihood, f32x4.sub(likelihood, scores), 0, 1, 4, 5),
    );
  }
  for (let i: u32 = 0; i < count; i++) {
    store<u64>(
      likelihoods + (i << 3),
      load<u64>(branchScores + ((<usize>load<u32>(parentBranches + ((<usize>load<u32>(list + (i << 2))) << 2))) << 3)),
    );
  }
  clearVisited(visited, nodes, size);
  return touched;
}

// @ts-ignore: decorator
@inline
function reverse(start: usize, end: usize): void {
  while (start + 4 < end) {
    end -= 4;
    const first = load<u32>(start);
    store<u32>(start, load<u32>(end));
    store<u32>(end, first);
    start += 4;
  }
}

/** Prefetches a row by reading one byte of each cache line. The result keeps the compiler from removing the loads. */
// @ts-ignore: decorator
@inline
function touch(row: usize, stride: usize): u32 {
  let touched: u32 = 0;
  for (const end = row + stride; row < end; row += 64) touched ^= load<u8>(row);
  return touched;
}

/** Appends the unvisited nodes from `start` to the root to `nodes`, and marks them as visited. Returns the new size. */
// @ts-ignore: decorator
@inline
function visitPath(start: u32, root: u32, nodeBranches: usize, visited: usize, nodes: usize, size: u32): u32 {
  for (let node = start; !isExcluded(visited, node); node = load<u32>(nodeBranches + (<usize>node << 2)) >> 1) {
    store<u8>(visited + (node >> 3), load<u8>(visited + (node >> 3)) | (<u8>1 << <u8>(node & 7)));
    store<u32>(nodes + (size++ << 2), node);
    if (node == root) break;
  }
  return size;
}

// @ts-ignore: decorator
@inline
function clearVisited(visited: usize, nodes: usize, size: u32): void {
  while (size-- > 0) store<u8>(visited + (load<u32>(nodes + (size << 2)) >> 3), 0);
}

// @ts-ignore: decorator
@inline
function quantisedScore(matrix: usize, factors: usize, node: u32, stride: usize, query: usize, unit: f32): f32 {
  const row = matrix + <usize>node * stride;
  return <f32>quantisedProduct(row, row + stride, query) * f32.load(factors + (<usize>node << 2)) * unit;
}

/**
 * Finds the most likely songs, best first, without visiting most of the tree. A song is at most as likely as any node
 * on its path. A priority queue therefore yields songs in order, and never scores nodes less likely than the last song.
 *
 * @param matrix address of i8 [nodes, stride]
 * @param factors address of f32 [nodes]
 * @param query address of i16 [stride]
 * @param unit the value of one unit of the query
 * @param branchChildren address of u32 [2 nodes]: the song at the end of a branch, or `songs` + node
 * @param queue address of [songs] pairs of f32 log-likelihood and u32 song or node, overwritten
 * @param found address of [limit] pairs of f32 log-likelihood and u32 song, written
 * @param budget the largest number of nodes to score
 * @returns the number of songs found; −1 if the budget is exceeded
 */
export function searchTree(
  matrix: usize,
  factors: usize,
  songs: u32,
  stride: usize,
  query: usize,
  unit: f32,
  branchChildren: usize,
  excluded: usize,
  queue: usize,
  found: usize,
  limit: u32,
  budget: u32,
): i32 {
  let size: u32 = 1;
  let count: u32 = 0;
  f32.store(queue, 0);
  store<u32>(queue, songs + songs - 2, 4);
  while (size > 0 && count < limit) {
    const likelihood = f32.load(queue);
    const child = load<u32>(queue, 4);
    if (child < songs) {
      if (!isExcluded(excluded, child)) {
        store<u64>(found + (count << 3), load<u64>(queue));
        count++;
      }
      size--;
      const last = queue + (size << 3);
      siftDown(queue, size, f32.load(last), load<u32>(last, 4));
      continue;
    }
    if (budget-- == 0) return -1;
    const node = child - songs;
    const score = quantisedScore(matrix, factors, node, stride, query, unit);
    const first = likelihood + f32x4.extract_lane(logSigmoid(f32x4.splat(score)), 0);
    const second = first - score;
    const children = branchChildren + (<usize>node << 3);
    siftDown(queue, size, first, load<u32>(children));
    siftUp(queue, size, second, load<u32>(children, 4));
    size++;
  }
  return count;
}

/**
 * log σ(s) = min(s, 0) − log(1 + e^(−|s|)) with an error below 3e-7. e^x = 2^n · 2^f with f in ±½ by a Taylor series.
 * log(1 + y) = 2 artanh(z) with z = y / (2 + y) ≤ ⅓ by its series.
 */
// @ts-ignore: decorator
@inline
function logSigmoid(score: v128): v128 {
  const zero = f32x4.splat(0);
  const exponent = f32x4.mul(
    f32x4.pmax(f32x4.neg(f32x4.abs(score)), f32x4.splat(-40)),
    f32x4.splat(1.4426950408889634),
  );
  const integer = f32x4.nearest(exponent);
  const part = f32x4.mul(f32x4.sub(exponent, integer), f32x4.splat(0.6931471805599453));
  let e = series(part, f32x4.splat(1.0 / 720), 1.0 / 120);
  e = series(part, e, 1.0 / 24);
  e = series(part, e, 1.0 / 6);
  e = series(part, e, 0.5);
  e = series(part, e, 1);
  e = series(part, e, 1);
  const y = f32x4.mul(e, i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(integer), i32x4.splat(127)), 23));

  const z = f32x4.div(y, f32x4.add(y, f32x4.splat(2)));
  const square = f32x4.mul(z, z);
  let sum = series(square, f32x4.splat(2.0 / 13), 2.0 / 11);
  sum = series(square, sum, 2.0 / 9);
  sum = series(square, sum, 2.0 / 7);
  sum = series(square, sum, 2.0 / 5);
  sum = series(square, sum, 2.0 / 3);
  sum = series(square, sum, 2);
  return f32x4.sub(f32x4.pmin(score, zero), f32x4.mul(z, sum));
}

// @ts-ignore: decorator
@inline
function series(x: v128, sum: v128, term: f32): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(sum, x, f32x4.splat(term));
  return f32x4.add(f32x4.mul(sum, x), f32x4.splat(term));
}
