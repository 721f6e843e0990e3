import type { PlaylistIndex } from './playlist-index.ts';
import { topK } from './top-k.ts';

/** A song of the question in all playlists' eyes. */
export interface Ask {
  readonly row: number;
  /** Its weight, and the same where only the latest songs count much; negative for a dislike. */
  readonly weight: number;
  readonly recent: number;
}

/** What the nearest playlists say of a song, in the order of `evidence`. */
export const neighbourKinds = ['recent', 'recentSquared', 'recentNear', 'any', 'anySquared'] as const;
export const kinds = neighbourKinds.length;

export interface Neighbourhood {
  /** Songs that the nearest playlists play, the question's own among them. */
  readonly rows: Uint32Array;
  /** Sums over the nearest playlists that play the song, by `neighbourKinds` [V, kinds], valid until `clear`. */
  readonly evidence: Float32Array;
  /** How much each nearest playlist counts. */
  readonly playlists: ReadonlyMap<number, number>;
  clear(): void;
}

/** Playlists that are looked at for each way of counting. */
const nearest = 300;
/** Of a song that is in more playlists the latest stand for all, and of a long playlist the songs around the question's. */
const mostPlaylists = 1000;
const reach = 250;
const none: ReadonlySet<number> = new Set();
const nearDecay = Float32Array.from({ length: reach + 1 }, (_, distance) => Math.exp(-0.1 * distance));

/**
 * Session-kNN (Jannach and Ludewig 2017): the playlists that have most in common with the question, and what else is in
 * them. A song in common counts 1 / √(its plays), so that rare ones count more, and a playlist by what it has in common,
 * divided by the root of its length (Ludewig and Jannach 2018; the distance to the latest song in common is STAN's, Garg
 * et al. 2019).
 */
export function createNeighbours({ songs, offsets, rows, starts, playlists, places }: PlaylistIndex): (asked: readonly Ask[]) => Neighbourhood {
  const lists = offsets.length - 1;
  const any = new Float32Array(lists);
  const recent = new Float32Array(lists);
  /** Of the latest song in common. */
  const place = new Uint16Array(lists);
  const met = new Uint8Array(lists);
  const touched = new Uint32Array(lists);
  const scores = new Float32Array(lists);
  const evidence = new Float32Array(songs * kinds);
  const seen = new Uint8Array(songs);
  const found = new Uint32Array(songs);

  /** Puts the playlists that play a song of the question into `touched`, and returns how many. */
  function findPlaylists(asked: readonly Ask[]): number {
    let count = 0;
    for (const { row, weight, recent: recentWeight } of asked) {
      const last = starts[row + 1] as number;
      const rarity = 1 / Math.sqrt(Math.max(1, last - (starts[row] as number)));
      for (let play = Math.max(starts[row] as number, last - mostPlaylists); play < last; play++) {
        const playlist = playlists[play] as number;
        if (met[playlist] === 0) {
          met[playlist] = 1;
          touched[count++] = playlist;
        }
        any[playlist] = (any[playlist] as number) + weight * rarity;
        recent[playlist] = (recent[playlist] as number) + recentWeight * rarity;
        place[playlist] = places[play] as number;
      }
    }
    for (let i = 0; i < count; i++) {
      const playlist = touched[i] as number;
      const scale = 1 / Math.sqrt((offsets[playlist + 1] as number) - (offsets[playlist] as number));
      any[playlist] = (any[playlist] as number) * scale;
      recent[playlist] = (recent[playlist] as number) * scale;
    }
    return count;
  }

  /** Of the playlists in `touched` those that are liked and score most. */
  function nearestBy(values: Float32Array, count: number): number[] {
    for (let i = 0; i < count; i++) {
      const playlist = touched[i] as number;
      scores[i] = (any[playlist] as number) > 0 ? (values[playlist] as number) : -Infinity;
    }
    return Array.from(topK(scores.subarray(0, count), nearest, none)).filter((i) => scores[i] !== -Infinity).map((i) => touched[i] as number);
  }

  return (asked) => {
    const count = findPlaylists(asked);
    const chosen = new Set([...nearestBy(recent, count), ...nearestBy(any, count)]);
    let [mostAny, mostRecent] = [1e-30, 1e-30];
    for (const playlist of chosen) {
      mostAny = Math.max(mostAny, any[playlist] as number);
      mostRecent = Math.max(mostRecent, recent[playlist] as number);
    }
    let size = 0;
    const counts = new Map<number, number>();
    for (const playlist of chosen) {
      const byAny = (any[playlist] as number) / mostAny;
      const byRecent = Math.max(0, recent[playlist] as number) / mostRecent;
      const [byAnySquared, byRecentSquared, byRecentNear] = [byAny * byAny, byRecent * byRecent, byRecent * Math.sqrt(byRecent)];
      counts.set(playlist, byRecent);
      const at = (offsets[playlist] as number) + (place[playlist] as number);
      const end = Math.min(offsets[playlist + 1] as number, at + reach + 1);
      for (let play = Math.max(offsets[playlist] as number, at - reach); play < end; play++) {
        const row = rows[play] as number;
        if (seen[row] === 0) {
          seen[row] = 1;
          found[size++] = row;
        }
        const to = row * kinds;
        evidence[to] = (evidence[to] as number) + byRecent;
        evidence[to + 1] = (evidence[to + 1] as number) + byRecentSquared;
        evidence[to + 2] = (evidence[to + 2] as number) + byRecentNear * (nearDecay[Math.abs(play - at)] as number);
        evidence[to + 3] = (evidence[to + 3] as number) + byAny;
        evidence[to + 4] = (evidence[to + 4] as number) + byAnySquared;
      }
    }
    for (let i = 0; i < count; i++) {
      const playlist = touched[i] as number;
      met[playlist] = any[playlist] = recent[playlist] = 0;
    }
    const clear = () => {
      for (let i = 0; i < size; i++) {
        const row = found[i] as number;
        seen[row] = 0;
        evidence.fill(0, row * kinds, (row + 1) * kinds);
      }
    };
    return { rows: found.subarray(0, size), evidence, playlists: counts, clear };
  };
}
