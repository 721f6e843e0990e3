import { stepsToEnd, type Term } from "../vectors/mean.ts";

/** A song n positions before the end of the query has a weight of e^(−decay·n). */
export const recencyDecay = 0.15;
export const latestDecay = 0.5;
/** Only the last songs of a query are looked up in playlists. */
const maxQuerySongs = 200;

/** A song of the query, for lookups in playlists. */
export interface QuerySong {
  readonly row: number;
  /** Negative for a dislike. */
  readonly weight: number;
  /** The weight with recency applied. */
  readonly recentWeight: number;
}

/** The last songs of a query, the most recent one at the end. */
export function toQuerySongs(terms: readonly Term[]): QuerySong[] {
  const recent = withDecay(terms, recencyDecay);
  return terms
    .map(({ row, weight }, i) => ({ row, weight, recentWeight: recent[i]?.weight ?? weight }))
    .slice(-maxQuerySongs);
}

/** Applies recency to the liked songs; dislikes have no position in the query and keep their weight. */
export function withDecay(terms: readonly Term[], decay: number): Term[] {
  const steps = stepsToEnd(terms);
  return terms.map(({ row, weight }, i) => ({ row, weight: weight * Math.exp(-decay * (steps[i] ?? 0)) }));
}
