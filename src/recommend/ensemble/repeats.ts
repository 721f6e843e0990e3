import type { PlaylistIndex } from "../../model/memory/playlist-index.ts";

/** Features of songs that the query has played, 0 for others. */
export const repeatFeatures = ["repeated", "repeatSteps", "repeatLast", "repeatCount", "repeatRate"] as const;

/** Occurrences of a song in the query. */
export interface Occurrence {
  /** Plays since the last one, from 1 for the last song */
  readonly steps: number;
  readonly count: number;
}

/** Playlists that the share of all songs counts for in the share of one. */
const priorPlaylists = 10;

/** @param history rows of the query in order, with repeats @returns each distinct song */
export function occurrencesIn(history: readonly number[]): Map<number, Occurrence> {
  const found = new Map<number, Occurrence>();
  for (const [at, row] of history.entries())
    found.set(row, { steps: history.length - at, count: (found.get(row)?.count ?? 0) + 1 });
  return found;
}

/** Whether any playlist has a song twice. */
export function hasRepeats({ rows, playlistCounts }: PlaylistIndex): boolean {
  return playlistCounts.reduce((sum, count) => sum + count, 0) < rows.length;
}

/**
 * Computes how often songs are repeated: the logarithm of the share of a song's playlists that repeat it, relative to
 * the share of all songs.
 *
 * @returns [V]
 */
export function computeRepeatRates({ songs, starts, playlists, playlistCounts }: PlaylistIndex): Float32Array {
  const repeating = new Uint32Array(songs);
  for (let song = 0; song < songs; song++) {
    let counted = -1;
    for (let play = (starts[song] as number) + 1; play < (starts[song + 1] as number); play++) {
      const playlist = playlists[play] as number;
      if (playlist !== playlists[play - 1] || playlist === counted) continue;
      counted = playlist;
      repeating[song] = (repeating[song] as number) + 1;
    }
  }
  const sum = (counts: Uint32Array) => counts.reduce((total, count) => total + count, 0);
  const share = (sum(repeating) + 1) / (sum(playlistCounts) + priorPlaylists);
  return Float32Array.from(repeating, (count, song) =>
    Math.log((count + priorPlaylists * share) / ((playlistCounts[song] as number) + priorPlaylists) / share),
  );
}

/** Writes the features of a song into its row of the feature matrix. @param offset of the first feature */
export function writeRepeatFeatures(
  values: Float32Array,
  offset: number,
  { steps, count }: Occurrence,
  rate: number,
): void {
  values.set([1, Math.log(steps), steps === 1 ? 1 : 0, Math.log(count), rate], offset);
}
