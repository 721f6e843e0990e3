import { songAt } from './plays';
import { below, next } from './random';

/** The output matrix: of songs, or of the inner nodes of the Huffman tree. */
export let output: usize = 0;
export let vocabulary: u32 = 0;
/** Rows drawn for a step. */
export let negatives: u32 = 0;
/** Rows to draw them from, or 0: from all; and how many of these are drawn anew for each step. */
export let pool: u32 = 0;
export let renewed: u32 = 0;
/** [V] pairs (threshold, alias), or 0 where nothing is drawn. */
export let aliases: usize = 0;
/** Huffman tree: start of each song's path [V + 1], and its nodes × 2 + bit. */
export let paths: usize = 0;
export let nodes: usize = 0;

/** Rows of the step at hand, and their labels (f32, 0 up to the next multiple of 4). */
export let outputRows: usize = 0;
export let labels: usize = 0;

/** Longest path of a Huffman code over 32-bit counts, with room to spare. */
const LONGEST_PATH: usize = 64;

let bytes: usize = 0;
let pooled: usize = 0;
let oldest: u32 = 0;
let walk: u32 = 0;
let touched: u32 = 0;

/** Most rows that a step can have: the centres of a block and their negatives, or a path. */
export function mostOutputs(centres: u32): usize {
  return max(<usize>(centres + negatives), LONGEST_PATH);
}

export function reserveOutputs(at: usize, rowBytes: usize, most: usize): usize {
  bytes = rowBytes;
  outputRows = at; at += most << 2;
  labels = at; at += (most + 4) << 2;
  pooled = at; at += <usize>pool << 2;
  return at;
}

/** What touching rows adds up to; exported, so that no compiler drops the touching. */
export function sink(): u32 {
  return touched;
}

/** Draws a whole pool. */
export function fillPool(): void {
  oldest = 0;
  walk = next();
  renewPool(pool);
}

/**
 * Replaces the n oldest rows of the pool. These draws are few, so they are spread evenly: a Weyl sequence (steps of the
 * golden ratio) visits every song as often as its share of the alias table says, give or take one, where random
 * numbers would miss it by the square root.
 */
// @ts-ignore: decorator
@inline
function renewPool(n: u32): void {
  for (let i: u32 = 0; i < n; i++) {
    walk += 0x9e3779b9;
    const product = <u64>walk * <u64>vocabulary;
    store<u32>(pooled + (<usize>oldest << 2), rowFrom(<u32>(product >> 32), <u32>product));
    oldest = oldest + 1 == pool ? 0 : oldest + 1;
  }
}

/** Looks an entry of the alias table up, without a branch that half of the time would be mispredicted. */
// @ts-ignore: decorator
@inline
function rowFrom(drawn: u32, chance: u32): u32 {
  const entry = load<u64>(aliases + (<usize>drawn << 3));
  const aliased = <u32>-<i32>(chance >= <u32>entry);
  return <u32>output + ((drawn & ~aliased) | (<u32>(entry >> 32) & aliased)) * <u32>bytes;
}

/**
 * The songs at [from, to) and negatives for them; a draw of one of these songs is dropped, as gensim does.
 *
 * Negatives come from a pool of rows drawn from the alias table, of which a few are replaced for each step. So each
 * song is drawn as often as from the table itself, only its draws are closer together, and nine in ten find their row in
 * the cache. That is worth more than anything else here: a step's rows are its only access to distant memory.
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
    const row = pool != 0 ? load<u32>(pooled + (<usize>below(pool) << 2)) : rowFrom(below(vocabulary), next());
    let centre: usize = 0;
    while (centre < centres && load<u32>(outputRows + (centre << 2)) != row) centre++;
    if (centre < centres) continue;
    store<u32>(outputRows + (n << 2), row);
    store<f32>(labels + (n << 2), 0);
    n++;
  }
  touch(centres, n);
  v128.store(labels + (n << 2), f32x4.splat(0));
  return n;
}

/** The inner nodes on the way to a song; the label is 1 where the way turns to 0, as in word2vec.c and gensim. */
export function followPath(song: usize): usize {
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

/** One load from each cache line starts all their fetches at once; WebAssembly has no prefetch. */
// @ts-ignore: decorator
@inline
function touch(first: usize, n: usize): void {
  let sum: u32 = 0, sum1: u32 = 0;
  for (let i = first; i < n; i++) sum ^= load<u32>(<usize>load<u32>(outputRows + (i << 2)));
  for (let i = first; i < n; i++) {
    const address = <usize>load<u32>(outputRows + (i << 2));
    for (let at: usize = 64; at < bytes; at += 128) { sum ^= load<u32>(address + at); sum1 ^= load<u32>(address + at, 64); }
  }
  touched = sum ^ sum1;
}
