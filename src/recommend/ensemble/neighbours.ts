import type { PlaylistIndex } from "../../model/memory/playlist-index.ts";
import type { QuerySong } from "./recency.ts";
import { indicesOfLargest } from "./selection.ts";

/** Features from the nearest playlists: the columns of `Neighbours.sums`. */
export const neighbourFeatures = [
  "neighbours",
  "neighboursSquared",
  "neighboursNear",
  "neighboursAny",
  "neighboursAnySquared",
] as const;
const columns = neighbourFeatures.length;

export interface Neighbours {
  /** Songs of the nearest playlists, including those of the query. */
  readonly rows: Uint32Array;
  /** [V, neighbourFeatures] Sums over the nearest playlists that contain the song, valid until `clear`. */
  readonly sums: Float32Array;
  clear(): void;
}

export type FindNeighbours = (songs: readonly QuerySong[]) => Neighbours;

const chosenFlag = 0x1_0000;
/** Nearest playlists for each similarity. */
const neighbourCount = 300;
/** Only the latest playlists of a song count. */
const maxPlaylistsPerSong = 1000;
/** Only songs this close to the latest common song count. */
const windowSize = 250;
const nearDecay = Float32Array.from({ length: windowSize + 1 }, (_, distance) => Math.exp(-0.1 * distance));

/**
 * Session-kNN (Jannach and Ludewig 2017): finds the playlists most similar to the query and sums up their songs. A
 * common song has a weight of 1 / √plays, so that rare songs count more. The similarity of a playlist is the sum of
 * these weights divided by √length (Ludewig and Jannach 2018). The distance to the latest common song is from STAN
 * (Garg et al. 2019).
 */
export function createNeighbours({
  songs,
  offsets,
  rows,
  starts,
  playlists,
  positions,
}: PlaylistIndex): FindNeighbours {
  const playlistCount = offsets.length - 1;
  /** [P, 2] Similarity of each playlist to the query, without and with recency. */
  const overlap = new Float32Array(2 * playlistCount);
  /** [P] Position of the latest common song, from 1; 0 if there is none. `chosenFlag` is added for neighbours. */
  const latestPosition = new Uint32Array(playlistCount);
  const touched = new Uint32Array(playlistCount);
  const scores = new Float32Array(playlistCount);
  const scratch = new Float32Array(playlistCount);
  const chosen = new Uint32Array(2 * neighbourCount);
  const sums = new Float32Array(songs * columns);
  const found = new Uint32Array(songs);

  /** Writes the playlists that contain a query song to `touched`, and returns their number. */
  function findPlaylists(querySongs: readonly QuerySong[]): number {
    let count = 0;
    for (const { row, weight, recentWeight } of querySongs) {
      const last = starts[row + 1] as number;
      const rarity = 1 / Math.sqrt(Math.max(1, last - (starts[row] as number)));
      const [any, latest] = [weight * rarity, recentWeight * rarity];
      for (let play = Math.max(starts[row] as number, last - maxPlaylistsPerSong); play < last; play++) {
        const playlist = playlists[play] as number;
        if (latestPosition[playlist] === 0) touched[count++] = playlist;
        latestPosition[playlist] = (positions[play] as number) + 1;
        overlap[2 * playlist] = (overlap[2 * playlist] as number) + any;
        overlap[2 * playlist + 1] = (overlap[2 * playlist + 1] as number) + latest;
      }
    }
    for (let i = 0; i < count; i++) {
      const playlist = touched[i] as number;
      const scale = 1 / Math.sqrt((offsets[playlist + 1] as number) - (offsets[playlist] as number));
      overlap[2 * playlist] = (overlap[2 * playlist] as number) * scale;
      overlap[2 * playlist + 1] = (overlap[2 * playlist + 1] as number) * scale;
    }
    return count;
  }

  /**
   * Adds the most similar playlists of `touched` to `chosen`, if their similarity is positive.
   *
   * @param by 0: similarity without recency; 1: with recency
   * @param size number of playlists in `chosen`
   * @returns the new size
   */
  function chooseNeighbours(by: 0 | 1, count: number, size: number): number {
    for (let i = 0; i < count; i++) {
      const at = 2 * (touched[i] as number);
      scores[i] = (overlap[at] as number) > 0 ? (overlap[at + by] as number) : -Infinity;
    }
    for (const i of indicesOfLargest(scores.subarray(0, count), neighbourCount, scratch)) {
      const playlist = touched[i] as number;
      if (scores[i] === -Infinity || (latestPosition[playlist] as number) > chosenFlag) continue;
      latestPosition[playlist] = (latestPosition[playlist] as number) + chosenFlag;
      chosen[size++] = playlist;
    }
    return size;
  }

  return (querySongs) => {
    const count = findPlaylists(querySongs);
    const liked = chosen.subarray(0, chooseNeighbours(0, count, chooseNeighbours(1, count, 0)));
    let [maxAny, maxRecent] = [1e-30, 1e-30];
    for (const playlist of liked) {
      maxAny = Math.max(maxAny, overlap[2 * playlist] as number);
      maxRecent = Math.max(maxRecent, overlap[2 * playlist + 1] as number);
    }
    let size = 0;
    for (const playlist of liked) {
      const byAny = (overlap[2 * playlist] as number) / maxAny;
      const byRecent = Math.max(0, overlap[2 * playlist + 1] as number) / maxRecent;
      const [byAnySquared, byRecentSquared, byRecentNear] = [
        byAny * byAny,
        byRecent * byRecent,
        byRecent * Math.sqrt(byRecent),
      ];
      const at = (offsets[playlist] as number) + (latestPosition[playlist] as number) - chosenFlag - 1;
      const end = Math.min(offsets[playlist + 1] as number, at + windowSize + 1);
      for (let play = Math.max(offsets[playlist] as number, at - windowSize); play < end; play++) {
        const row = rows[play] as number;
        const to = row * columns;
        if (sums[to + 3] === 0) found[size++] = row;
        sums[to] = (sums[to] as number) + byRecent;
        sums[to + 1] = (sums[to + 1] as number) + byRecentSquared;
        sums[to + 2] = (sums[to + 2] as number) + byRecentNear * (nearDecay[Math.abs(play - at)] as number);
        sums[to + 3] = (sums[to + 3] as number) + byAny;
        sums[to + 4] = (sums[to + 4] as number) + byAnySquared;
      }
    }
    for (let i = 0; i < count; i++) {
      const playlist = touched[i] as number;
      latestPosition[playlist] = overlap[2 * playlist] = overlap[2 * playlist + 1] = 0;
    }
    const clear = () => {
      for (let i = 0; i < size; i++) {
        const at = (found[i] as number) * columns;
        sums[at] = sums[at + 1] = sums[at + 2] = sums[at + 3] = sums[at + 4] = 0;
      }
    };
    return { rows: found.subarray(0, size), sums, clear };
  };
}
