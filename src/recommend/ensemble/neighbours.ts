import type { PlaylistIndex } from "../../model/memory/playlist-index.ts";
import { placesOfLargest } from "./selection.ts";

/** A song of the question in all playlists' eyes. */
export interface Ask {
  readonly row: number;
  /** Its weight, and the same where only the latest songs count much; negative for a dislike. */
  readonly weight: number;
  readonly recent: number;
}

/** What the nearest playlists say of a song, in the order of `evidence`. */
export const neighbourKinds = ["recent", "recentSquared", "recentNear", "any", "anySquared"] as const;
export const kinds = neighbourKinds.length;

export interface Neighbourhood {
  /** Songs that the nearest playlists play, the question's own among them. */
  readonly rows: Uint32Array;
  /** Sums over the nearest playlists that play the song, by `neighbourKinds` [V, kinds], valid until `clear`. */
  readonly evidence: Float32Array;
  clear(): void;
}

const isChosen = 0x1_0000;
/** Playlists that are looked at for each way of counting. */
const nearest = 300;
/** Of a song that is in more playlists the latest stand for all, and of a long playlist the songs around the question's. */
const mostPlaylists = 1000;
const reach = 250;
const nearDecay = Float32Array.from({ length: reach + 1 }, (_, distance) => Math.exp(-0.1 * distance));

/**
 * Session-kNN (Jannach and Ludewig 2017): the playlists that have most in common with the question, and what else is in
 * them. A song in common counts 1 / √(its plays), so that rare ones count more, and a playlist by what it has in common,
 * divided by the root of its length (Ludewig and Jannach 2018; the distance to the latest song in common is STAN's, Garg
 * et al. 2019).
 */
export function createNeighbours({
  songs,
  offsets,
  rows,
  starts,
  playlists,
  places,
}: PlaylistIndex): (asked: readonly Ask[]) => Neighbourhood {
  const lists = offsets.length - 1;
  /** What each has in common with the question, and the same where only the latest songs count much [lists, 2] */
  const common = new Float32Array(2 * lists);
  /** Of the latest song in common, from 1; 0 where there is none. */
  const place = new Uint32Array(lists);
  const touched = new Uint32Array(lists);
  const scores = new Float32Array(lists);
  const scratch = new Float32Array(lists);
  const chosen = new Uint32Array(2 * nearest);
  const evidence = new Float32Array(songs * kinds);
  const found = new Uint32Array(songs);

  /** Puts the playlists that play a song of the question into `touched`, and returns how many. */
  function findPlaylists(asked: readonly Ask[]): number {
    let count = 0;
    for (const { row, weight, recent } of asked) {
      const last = starts[row + 1] as number;
      const rarity = 1 / Math.sqrt(Math.max(1, last - (starts[row] as number)));
      const [any, latest] = [weight * rarity, recent * rarity];
      for (let play = Math.max(starts[row] as number, last - mostPlaylists); play < last; play++) {
        const playlist = playlists[play] as number;
        if (place[playlist] === 0) touched[count++] = playlist;
        place[playlist] = (places[play] as number) + 1;
        common[2 * playlist] = (common[2 * playlist] as number) + any;
        common[2 * playlist + 1] = (common[2 * playlist + 1] as number) + latest;
      }
    }
    for (let i = 0; i < count; i++) {
      const playlist = touched[i] as number;
      const scale = 1 / Math.sqrt((offsets[playlist + 1] as number) - (offsets[playlist] as number));
      common[2 * playlist] = (common[2 * playlist] as number) * scale;
      common[2 * playlist + 1] = (common[2 * playlist + 1] as number) * scale;
    }
    return count;
  }

  /**
   * Adds those of the playlists in `touched` that are liked and score most to the `size` that are chosen already.
   * @param by 0: by what they have in common; 1: by the latest of it
   * @returns how many they are then
   */
  function choose(by: 0 | 1, count: number, size: number): number {
    for (let i = 0; i < count; i++) {
      const at = 2 * (touched[i] as number);
      scores[i] = (common[at] as number) > 0 ? (common[at + by] as number) : -Infinity;
    }
    for (const i of placesOfLargest(scores.subarray(0, count), nearest, scratch)) {
      const playlist = touched[i] as number;
      if (scores[i] === -Infinity || (place[playlist] as number) > isChosen) continue;
      place[playlist] = (place[playlist] as number) + isChosen;
      chosen[size++] = playlist;
    }
    return size;
  }

  return (asked) => {
    const count = findPlaylists(asked);
    const liked = chosen.subarray(0, choose(0, count, choose(1, count, 0)));
    let [mostAny, mostRecent] = [1e-30, 1e-30];
    for (const playlist of liked) {
      mostAny = Math.max(mostAny, common[2 * playlist] as number);
      mostRecent = Math.max(mostRecent, common[2 * playlist + 1] as number);
    }
    let size = 0;
    for (const playlist of liked) {
      const byAny = (common[2 * playlist] as number) / mostAny;
      const byRecent = Math.max(0, common[2 * playlist + 1] as number) / mostRecent;
      const [byAnySquared, byRecentSquared, byRecentNear] = [
        byAny * byAny,
        byRecent * byRecent,
        byRecent * Math.sqrt(byRecent),
      ];
      const at = (offsets[playlist] as number) + (place[playlist] as number) - isChosen - 1;
      const end = Math.min(offsets[playlist + 1] as number, at + reach + 1);
      for (let play = Math.max(offsets[playlist] as number, at - reach); play < end; play++) {
        const row = rows[play] as number;
        const to = row * kinds;
        if (evidence[to + 3] === 0) found[size++] = row;
        evidence[to] = (evidence[to] as number) + byRecent;
        evidence[to + 1] = (evidence[to + 1] as number) + byRecentSquared;
        evidence[to + 2] = (evidence[to + 2] as number) + byRecentNear * (nearDecay[Math.abs(play - at)] as number);
        evidence[to + 3] = (evidence[to + 3] as number) + byAny;
        evidence[to + 4] = (evidence[to + 4] as number) + byAnySquared;
      }
    }
    for (let i = 0; i < count; i++) {
      const playlist = touched[i] as number;
      place[playlist] = common[2 * playlist] = common[2 * playlist + 1] = 0;
    }
    const clear = () => {
      for (let i = 0; i < size; i++) {
        const at = (found[i] as number) * kinds;
        evidence[at] = evidence[at + 1] = evidence[at + 2] = evidence[at + 3] = evidence[at + 4] = 0;
      }
    };
    return { rows: found.subarray(0, size), evidence, clear };
  };
}
