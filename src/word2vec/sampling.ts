import { below, type Random } from './random.ts';

/**
 * Alias table (Walker 1977, Vose's construction) of the noise distribution P(row) ∝ counts[row]^exponent: entry i is
 * the pair (threshold, alias), of which a uniform 32-bit number below the threshold chooses i, any other the alias.
 * @param counts [V] plays of each song
 * @param table [2V] receives the pairs
 */
export function fillAliasTable(counts: Uint32Array, exponent: number, table: Uint32Array): void {
  const size = counts.length;
  const scaled = Float64Array.from(counts, (count) => count ** exponent);
  const mean = scaled.reduce((sum, weight) => sum + weight, 0) / size;
  const small: number[] = [];
  const large: number[] = [];
  for (let row = 0; row < size; row++) {
    scaled[row] = (scaled[row] as number) / mean;
    ((scaled[row] as number) < 1 ? small : large).push(row);
  }
  const set = (row: number, share: number, alias: number) => {
    table[2 * row] = Math.min(0xffffffff, Math.round(share * 2 ** 32));
    table[2 * row + 1] = alias;
  };
  for (let low = small.pop(), high = large.pop(); low !== undefined || high !== undefined; low = small.pop()) {
    if (low === undefined || high === undefined) {
      const rest = (low ?? high) as number;
      set(rest, 1, rest);
      if (low === undefined) high = large.pop();
      continue;
    }
    const share = scaled[low] as number;
    set(low, share, high);
    const left = (scaled[high] as number) + share - 1;
    scaled[high] = left;
    if (left < 1) {
      small.push(high);
      high = large.pop();
    }
  }
}

/**
 * Chance of keeping a play when frequent songs are thinned out, as 32-bit thresholds: gensim's and word2vec.c's
 * (√(count / t) + 1) · t / count with t = sample · plays.
 * @param counts [V] plays of each song
 */
export function keepThresholds(counts: Uint32Array, sample: number): Uint32Array {
  const plays = counts.reduce((sum, count) => sum + count, 0);
  const limit = sample * plays;
  return Uint32Array.from(counts, (count) => {
    const share = (Math.sqrt(count / limit) + 1) * (limit / count);
    return Math.min(0xffffffff, Math.round(share * 2 ** 32));
  });
}

/** Fills `order` with 0 … n − 1 in random order (Fisher–Yates). */
export function shuffle(order: Uint32Array, random: Random): void {
  for (let i = 0; i < order.length; i++) order[i] = i;
  for (let i = order.length - 1; i > 0; i--) {
    const j = i < 2 ** 21 ? below(random, i + 1) : Math.floor((random() / 2 ** 32) * (i + 1));
    const moved = order[i] as number;
    order[i] = order[j] as number;
    order[j] = moved;
  }
}
