import type { PlaylistIndex } from "../model/memory/playlist-index.ts";
import { largestOf } from "../recommend/ensemble/selection.ts";

/** Ranks songs for a question: rows, best first, none of the question's own. */
export type Ranker = (query: Uint32Array, count: number) => Uint32Array;
/** The same where it takes a recommender. */
export type AsyncRanker = (...asked: Parameters<Ranker>) => Promise<Uint32Array>;

/** @param songs V, the most played first */
export function popularity(songs: number): Ranker {
  return (query, count) => {
    const asked = new Set(query);
    const ranked: number[] = [];
    for (let row = 0; row < songs && ranked.length < count; row++) if (!asked.has(row)) ranked.push(row);
    return Uint32Array.from(ranked);
  };
}

/** Item-kNN: Σ over the question's songs of (playlists with both) / √(playlists of one × of the other), Sarwar et al. 2001. */
export function itemKnn(index: PlaylistIndex): Ranker {
  const listsOf = listCounts(index);
  const score = new Float64Array(index.songs);
  return (query, count) => {
    const met: number[] = [];
    for (const song of query)
      for (const playlist of listsWith(index, song))
        addOnce(index, playlist, 1 / Math.sqrt(listsOf[song] ?? 1), score, met);
    return best(met, query, count, score, (row) => (score[row] ?? 0) / Math.sqrt(listsOf[row] ?? 1));
  };
}

/** Session-kNN: the 100 playlists with most songs in common, divided by the root of their length (Jannach and Ludewig 2017). */
export function sessionKnn(index: PlaylistIndex, neighbours = 100): Ranker {
  const score = new Float64Array(index.songs);
  return (query, count) => {
    const common = new Map<number, number>();
    for (const song of query)
      for (const playlist of listsWith(index, song)) common.set(playlist, (common.get(playlist) ?? 0) + 1);
    const near = (playlist: number) =>
      (common.get(playlist) ?? 0) / Math.sqrt((index.offsets[playlist + 1] ?? 0) - (index.offsets[playlist] ?? 0));
    const met: number[] = [];
    for (const playlist of largestOf([...common.keys()], neighbours, near))
      addOnce(index, playlist, near(playlist), score, met);
    return best(met, query, count, score, (row) => score[row] ?? 0);
  };
}

function listsWith({ starts, playlists }: PlaylistIndex, song: number): Set<number> {
  return new Set(playlists.subarray(starts[song], starts[song + 1]));
}

function listCounts(index: PlaylistIndex): Float64Array {
  return Float64Array.from({ length: index.songs }, (_, song) => Math.max(1, listsWith(index, song).size));
}

function addOnce(
  { offsets, rows }: PlaylistIndex,
  playlist: number,
  weight: number,
  score: Float64Array,
  met: number[],
): void {
  for (const row of new Set(rows.subarray(offsets[playlist], offsets[playlist + 1]))) {
    if (score[row] === 0) met.push(row);
    score[row] = (score[row] ?? 0) + weight;
  }
}

/** Leaves the scores at zero. */
function best(
  met: readonly number[],
  query: Uint32Array,
  count: number,
  score: Float64Array,
  scoreOf: (row: number) => number,
): Uint32Array {
  const asked = new Set(query);
  const ranked = largestOf(
    met.filter((row) => !asked.has(row)),
    count,
    scoreOf,
  ).sort((a, b) => scoreOf(b) - scoreOf(a) || a - b);
  for (const row of met) score[row] = 0;
  return Uint32Array.from(ranked);
}
