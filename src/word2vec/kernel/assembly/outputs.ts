import { songAt } from './plays';
import { below, next } from './random';

/** The output matrix: of songs, or of the inner nodes of the Huffman tree. */
export let output: usize = 0;
export let vocabulary: u32 = 0;
/** Negative samples per step. */
export let negatives: u32 = 0;
/** Rows in the pool of negatives; 0: no pool. */
export let pool: u32 = 0;
/** Rows of the pool that are replaced at each step. */
export let renewed: u32 = 0;
/** Alias table, [V] pairs (threshold, alias); 0 with hierarchical softmax. */
export let aliases: usize = 0;
/** Huffman tree: start of each song's path [V + 1], and the nodes of all paths as node × 2 + branch. */
export let paths: usize = 0;
export let nodes: usize = 0;

/** Outputs of the current step: a table of row addresses, and their labels (f32, padded with 0 to a multiple of 4). */
export let outputRows: usize = 0;
export let labels: usize = 0;

/** Upper bound of the path lengths of a Huffman code over 32-bit counts. */
const LONGEST_PATH: usize = 64;

let bytes: usize = 0;
let pooled: usize = 0;
let oldest: u32 = 0;
let weyl: u32 = 0;
let prefetched: u32 = 0;

/** Maximum number of outputs of a step: the centres of a block and their negatives, or a path. */
export function maxOutputs(centres: u32): usize {
  return max(<usize>(centres + negatives), LONGEST_PATH);
}

export function reserveOutputs(at: usize, rowBytes: usize, maxRows: usize): usize {
  bytes = rowBytes;
  outputRows = at; at += maxRows << 2;
  labels = at; at += (maxRows + 4) << 2;
  pooled = at; at += <usize>pool << 2;
  return at;
}

/** Result of the loads of `prefetch`; exported, so that no compiler removes them. */
export function sink(): u32 {
  return prefetched;
}

/** Draws all rows of the pool. */
export function fillPool(): void {
  oldest = 0;
  weyl = next();
  renewPool(pool);
}

/**
 * Replaces the n oldest rows of the pool. These draws are few, so a Weyl sequence (steps of the golden ratio) spreads
 * them evenly: each song is drawn as often as its share of the alias table demands, give or take one. With random
 * numbers the deviation would be of the order of the square root.
 */
// @ts-ignore: decorator
@inline
function renewPool(n: u32): void {
  for (let i: u32 = 0; i < n; i++) {
    weyl += 0x9e3779b9;
    const product = <u64>weyl * <u64>vocabulary;
    store<u32>(pooled + (<usize>oldest << 2), rowFrom(<u32>(product >> 32), <u32>product));
    oldest = oldest + 1 == pool ? 0 : oldest + 1;
  }
}

/** Looks up an entry of the alias table, without a branch, which would be mispredicted half of the time. */
// @ts-ignore: decorator
@inline
function rowFrom(drawn: u32, chance: u32): u32 {
  const entry = load<u64>(aliases + (<usize>drawn << 3));
  const aliased = <u32>-<i32>(chance >= <u32>entry);
  return <u32>output + ((drawn & ~aliased) | (<u32>(entry >> 32) & aliased)) * <u32>bytes;
}

/**
 * Writes the songs at [from, to) and negatives for them to the outputs. A negative that is one of these songs is
 * dropped, as in gensim.
 *
 * Negatives come from a pool of rows drawn from the alias table; a few of them are replaced at each step. Each song is
 * drawn as often as from the table itself, but its draws are closer together, and nine in ten find their row in the
 * cache. No other optimisation gains more, because the rows of a step are its only access to distant memory.
 *
 * @returns number of outputs
 */
export function drawOutputs(from: i32, to: i32): usize {
  let n: usize = 0;
  for (let position = from; position < to; position++, n++) {
    store<u32>(outputRows + (n << 2), <u32>(output + songAt(position) * bytes));
    store<f32>(labels + (n << 2), 1);
  }
  const centres = n;
  if (pool != 0) renewPool(renewed);
  for (let i: u32 = 0; i < negatives; i++) {
    const row = pool != 0
      ? load<u32>(pooled + (<usize>below(pool) << 2))
      : rowFrom(below(vocabulary), next());
    let centre: usize = 0;
    while (centre < centres && load<u32>(outputRows + (centre << 2)) != row) centre++;
    if (centre < centres) continue;
    store<u32>(outputRows + (n << 2), row);
    store<f32>(labels + (n << 2), 0);
    n++;
  }
  prefetch(centres, n);
  v128.store(labels + (n << 2), f32x4.splat(0));
  return n;
}

/**
 * Writes the inner nodes on the path to a song to the outputs; the label is 1 for branch 0, as in word2vec.c and
 * gensim.
 * @returns number of outputs
 */
export function loadPath(song: usize): usize {
  const start = load<u32>(paths + (song << 2));
  const n = <usize>(load<u32>(paths + (song << 2), 4) - start);
  for (let i: usize = 0; i < n; i++) {
    const node = load<u32>(nodes + ((<usize>start + i) << 2));
    store<u32>(outputRows + (i << 2), <u32>(output + <usize>(node >> 1) * bytes));
    store<f32>(labels + (i << 2), <f32>((node & 1) ^ 1));
  }
  v128.store(labels + (n << 2), f32x4.splat(0));
  return n;
}

/** Loads from each cache line, which starts all cache misses at once; WebAssembly has no prefetch instruction. */
// @ts-ignore: decorator
@inline
function prefetch(first: usize, n: usize): void {
  let sum: u32 = 0, sum1: u32 = 0;
  for (let i = first; i < n; i++) sum ^= load<u32>(<usize>load<u32>(outputRows + (i << 2)));
  for (let i = first; i < n; i++) {
    const address = <usize>load<u32>(outputRows + (i << 2));
    for (let at: usize = 64; at < bytes; at += 128) {
      sum ^= load<u32>(address + at);
      sum1 ^= load<u32>(address + at, 64);
    }
  }
  prefetched = sum ^ sum1;
}
