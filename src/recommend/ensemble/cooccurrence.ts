import type { QuerySong } from "./recency.ts";

/** The songs that occur most often with one song. */
export interface CooccurringSongs {
  /** [n] ascending */
  readonly rows: Uint32Array;
  /** [n] Plays near the song, each weighted by e^(−0.15·(distance − 1)). */
  readonly near: Float32Array;
  /** [n] Plays after the song, each weighted by e^(−0.3·(distance − 1)). */
  readonly next: Float32Array;
}

/** Sums over the songs of a query, valid until `clear`. */
export interface CooccurrenceSums {
  /** [n] Rows with a nonzero sum. */
  readonly rows: Uint32Array;
  /** [V] */
  readonly near: Float32Array;
  /** [V] */
  readonly next: Float32Array;
  clear(): void;
}

/** @param counts [V] plays of each song; a query song has a weight of 1 / √plays */
export function createCooccurrenceSums(
  counts: Uint32Array,
  cooccurringSongs: (row: number) => CooccurringSongs,
): (songs: readonly QuerySong[]) => CooccurrenceSums {
  const near = new Float32Array(counts.length);
  const next = new Float32Array(counts.length);
  const touched = new Uint32Array(counts.length);

  return (songs) => {
    let size = 0;
    for (const { row, weight, recentWeight } of songs) {
      const found = cooccurringSongs(row);
      const rarity = 1 / Math.sqrt(Math.max(1, counts[row] as number));
      const nearWeight = recentWeight * rarity;
      // the next song depends mostly on the last songs, so recency counts twice; dislikes have no recency
      const nextWeight = (weight > 0 ? recentWeight * recentWeight : recentWeight) * rarity;
      for (let i = 0; i < found.rows.length; i++) {
        const other = found.rows[i] as number;
        if (near[other] === 0) touched[size++] = other;
        near[other] = (near[other] as number) + nearWeight * (found.near[i] as number);
        next[other] = (next[other] as number) + nextWeight * (found.next[i] as number);
      }
    }
    const rows = touched.subarray(0, size);
    const clear = () => {
      for (const row of rows) near[row] = next[row] = 0;
    };
    return { rows, near, next, clear };
  };
}
