import type { PlaylistIndex } from './playlist-index.ts';
import { largestOf } from './selection.ts';

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
  readonly rows: readonly number[];
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
  const evidence = new Float32Array(songs * kinds);
  const seen = new Uint8Array(songs);

  function findPlaylists(asked: readonly Ask[]): number[] {
    const touched: number[] = [];
    for (const { row, ...ask } of asked) {
      const last = starts[row + 1] as number;
      const rarity = 1 / Math.sqrt(Math.max(1, last - (starts[row] as number)));
      for (let play = Math.max(starts[row] as number, last - mostPlaylists); play < last; play++) {
        const playlist = playlists[play] as number;
        if (met[playlist] === 0) touched.push(playlist);
        met[playlist] = 1;
        any[playlist] = (any[playlist] as number) + ask.weight * rarity;
        recent[playlist] = (recent[playlist] as number) + ask.recent * rarity;
        place[playlist] = places[play] as number;
      }
    }
    for (const playlist of touched) {
      const scale = 1 / Math.sqrt((offsets[playlist + 1] as number) - (offsets[playlist] as number));
      any[playlist] = (any[playlist] as number) * scale;
      recent[playlist] = (recent[playlist] as number) * scale;
    }
    return touched;
  }

  return (asked) => {
    const touched = findPlaylists(asked);
    const liked = touched.filter((playlist) => (any[playlist] as number) > 0);
    const chosen = new Set([...largestOf(liked, nearest, (playlist) => recent[playlist] as number), ...largestOf(liked, nearest, (playlist) => any[playlist] as number)]);
    const most = [...chosen].reduce((sofar, playlist) => ({ any: Math.max(sofar.any, any[playlist] as number), recent: Math.max(sofar.recent, recent[playlist] as number) }), { any: 1e-30, recent: 1e-30 });
    const found: number[] = [];
    const counts = new Map<number, number>();
    for (const playlist of chosen) {
      const [byAny, byRecent] = [(any[playlist] as number) / most.any, Math.max(0, recent[playlist] as number) / most.recent];
      counts.set(playlist, byRecent);
      const at = (offsets[playlist] as number) + (place[playlist] as number);
      const end = Math.min(offsets[playlist + 1] as number, at + reach + 1);
      for (let play = Math.max(offsets[playlist] as number, at - reach); play < end; play++) {
        const row = rows[play] as number;
        if (seen[row] === 0) found.push(row);
        seen[row] = 1;
        const to = row * kinds;
        evidence[to] = (evidence[to] as number) + byRecent;
        evidence[to + 1] = (evidence[to + 1] as number) + byRecent * byRecent;
        evidence[to + 2] = (evidence[to + 2] as number) + byRecent * Math.sqrt(byRecent) * (nearDecay[Math.abs(play - at)] as number);
        evidence[to + 3] = (evidence[to + 3] as number) + byAny;
        evidence[to + 4] = (evidence[to + 4] as number) + byAny * byAny;
      }
    }
    for (const playlist of touched) met[playlist] = any[playlist] = recent[playlist] = 0;
    const clear = () => {
      for (const row of found) {
        seen[row] = 0;
        evidence.fill(0, row * kinds, (row + 1) * kinds);
      }
    };
    return { rows: found, evidence, playlists: counts, clear };
  };
}
