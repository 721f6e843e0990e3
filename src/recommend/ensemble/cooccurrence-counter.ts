import type { PlaylistIndex } from "../../model/memory/playlist-index.ts";
import type { CooccurringSongs } from "./cooccurrence.ts";
import { largestOf } from "./selection.ts";

/** Co-occurring songs kept per song. */
export const maxCooccurring = 40;
/** Positions to either side that count; beyond, the weight is below 1 %. */
const windowSize = 30;
/** Only the latest plays of a song are counted. */
const maxPlays = 2000;
const nearDecay = Float32Array.from({ length: windowSize + 1 }, (_, distance) => Math.exp(-0.15 * (distance - 1)));
const nextDecay = Float32Array.from({ length: windowSize + 1 }, (_, distance) => Math.exp(-0.3 * (distance - 1)));

/**
 * Counts the songs that co-occur with one song. It keeps the largest weights after dividing by √plays; otherwise the
 * most popular songs would co-occur with every song.
 */
export function createCooccurrenceCounter(index: PlaylistIndex): (row: number) => CooccurringSongs {
  const { offsets, rows, starts, playlists, positions, songs } = index;
  const near = new Float32Array(songs);
  const next = new Float32Array(songs);
  const touched: number[] = [];

  function add(row: number, distance: number, isAfter: boolean): void {
    if (near[row] === 0) touched.push(row);
    near[row] = (near[row] as number) + (nearDecay[distance] as number);
    if (isAfter) next[row] = (next[row] as number) + (nextDecay[distance] as number);
  }

  return (row) => {
    touched.length = 0;
    const last = starts[row + 1] as number;
    for (let play = Math.max(starts[row] as number, last - maxPlays); play < last; play++) {
      const playlist = playlists[play] as number;
      const [first, end] = [offsets[playlist] as number, offsets[playlist + 1] as number];
      const at = first + (positions[play] as number);
      for (let other = Math.max(first, at - windowSize); other < Math.min(end, at + windowSize + 1); other++)
        if (rows[other] !== row) add(rows[other] as number, Math.abs(other - at), other > at);
    }
    const kept = largestOf(
      touched,
      maxCooccurring,
      (other) => (near[other] as number) / Math.sqrt((starts[other + 1] as number) - (starts[other] as number)),
    ).sort((a, b) => a - b);
    const found = {
      rows: Uint32Array.from(kept),
      near: Float32Array.from(kept, (other) => near[other] as number),
      next: Float32Array.from(kept, (other) => next[other] as number),
    };
    for (const other of touched) near[other] = next[other] = 0;
    return found;
  };
}
