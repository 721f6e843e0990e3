import type { PlaylistIndex } from "../model/memory/playlist-index.ts";
import { largestOf } from "../recommend/ensemble/selection.ts";

/** Ranks songs for the rows of a query. @returns rows, best first, without those of the query */
export type Ranker = (query: Uint32Array, count: number) => Uint32Array;
/** An asynchronous `Ranker`. */
export type AsyncRanker = (...args: Parameters<Ranker>) => Promise<Uint32Array>;

/** Ranks songs by popularity. @param order rows, the most popular first */
export function popularity(order: Uint32Array): Ranker {
  return (query, count) => {
    const queryRows = new Set(query);
    const candidates = order.subarray(0, count + queryRows.size);
    return candidates.filter((row) => !queryRows.has(row)).subarray(0, count);
  };
}

/**
 * Item-kNN (Sarwar et al. 2001): Σ over the query songs of (playlists with both) / √(playlists of one × of the other).
 */
export function itemKnn(index: PlaylistIndex): Ranker {
  const { playlistCounts } = index;
  const score = new Float64Array(index.songs);
  return (query, count) => {
    const touched: number[] = [];
    for (const song of query)
      for (const playlist of playlistsWith(index, song))
        addOnce(index, playlist, 1 / Math.sqrt(playlistCounts[song] ?? 1), score, touched);
    return rankTouched(touched, query, count, score, (row) => (score[row] ?? 0) / Math.sqrt(playlistCounts[row] ?? 1));
  };
}

/** Session-kNN (Jannach and Ludewig 2017): the songs of the nearest playlists by (common songs) / √length. */
export function sessionKnn(index: PlaylistIndex, neighbours = 100): Ranker {
  const score = new Float64Array(index.songs);
  return (query, count) => {
    const common = new Map<number, number>();
    for (const song of query)
      for (const playlist of playlistsWith(index, song)) common.set(playlist, (common.get(playlist) ?? 0) + 1);
    const similarity = (playlist: number) =>
      (common.get(playlist) ?? 0) / Math.sqrt((index.offsets[playlist + 1] ?? 0) - (index.offsets[playlist] ?? 0));
    const touched: number[] = [];
    for (const playlist of largestOf([...common.keys()], neighbours, similarity))
      addOnce(index, playlist, similarity(playlist), score, touched);
    return rankTouched(touched, query, count, score, (row) => score[row] ?? 0);
  };
}

function playlistsWith({ starts, playlists }: PlaylistIndex, song: number): Set<number> {
  return new Set(playlists.subarray(starts[song], starts[song + 1]));
}

function addOnce(
  { offsets, rows }: PlaylistIndex,
  playlist: number,
  weight: number,
  score: Float64Array,
  touched: number[],
): void {
  for (const row of new Set(rows.subarray(offsets[playlist], offsets[playlist + 1]))) {
    if (score[row] === 0) touched.push(row);
    score[row] = (score[row] ?? 0) + weight;
  }
}

/** Ranks the touched rows, and resets their scores to 0. */
function rankTouched(
  touched: readonly number[],
  query: Uint32Array,
  count: number,
  score: Float64Array,
  scoreOf: (row: number) => number,
): Uint32Array {
  const queryRows = new Set(query);
  const ranked = largestOf(
    touched.filter((row) => !queryRows.has(row)),
    count,
    scoreOf,
  ).sort((a, b) => scoreOf(b) - scoreOf(a) || a - b);
  for (const row of touched) score[row] = 0;
  return Uint32Array.from(ranked);
}
