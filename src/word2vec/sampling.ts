import { release } from "./release.ts";

/**
 * Fills an alias table (Walker 1977, Vose's construction) of the noise distribution P(row) ∝ counts[row]^exponent.
 * Entry i is the pair (threshold, alias): a uniform 32-bit number below the threshold selects i, any other the alias.
 * @param counts [V] plays of each song
 * @param table [2V] receives the pairs
 */
export function fillAliasTable(counts: Uint32Array, exponent: number, table: Uint32Array): void {
  const size = counts.length;
  const scaled = new Float64Array(size);
  let sum = 0;
  for (let row = 0; row < size; row++) sum += scaled[row] = (counts[row] as number) ** exponent;
  const mean = sum / size;
  /** Two stacks of rows, below and above the mean, that grow towards each other. */
  const rows = new Uint32Array(size);
  let small = 0;
  let large = size;
  for (let row = 0; row < size; row++) {
    const share = (scaled[row] as number) / mean;
    scaled[row] = share;
    rows[share < 1 ? small++ : --large] = row;
  }
  while (small > 0 && large < size) {
    const low = rows[--small] as number;
    const high = rows[large] as number;
    const share = scaled[low] as number;
    setEntry(table, low, share, high);
    const left = (scaled[high] as number) + share - 1;
    scaled[high] = left;
    if (left >= 1) continue;
    large++;
    rows[small++] = high;
  }
  while (small > 0) setCertain(table, rows[--small] as number);
  while (large < size) setCertain(table, rows[large++] as number);
  release(scaled, rows);
}

function setEntry(table: Uint32Array, row: number, share: number, alias: number): void {
  table[2 * row] = Math.min(0xffffffff, Math.round(share * 2 ** 32));
  table[2 * row + 1] = alias;
}

function setCertain(table: Uint32Array, row: number): void {
  setEntry(table, row, 1, row);
}

/**
 * Probabilities of keeping a play in subsampling, as 32-bit thresholds. Formula of word2vec.c and gensim:
 * (√(count / t) + 1) · t / count with t = sample · plays.
 * @param counts [V] plays of each song
 * @param sample subsampling threshold, a share of all plays
 */
export function keepThresholds(counts: Uint32Array, sample: number): Uint32Array {
  const plays = counts.reduce((sum, count) => sum + count, 0);
  const limit = sample * plays;
  return counts.map((count) => {
    const share = (Math.sqrt(count / limit) + 1) * (limit / count);
    return Math.min(0xffffffff, Math.round(share * 2 ** 32));
  });
}
