import type { Model } from "../../model/model.ts";
import type { ArtistFallback } from "../cold-start/artist-fallback.ts";
import type { ResolvedSong } from "../ensemble/explain.ts";
import type { Term } from "../vectors/mean.ts";
import { findRow, type ColdStartEmbeddings } from "../cold-start/embeddings.ts";
import type { RecommendationResult, RecommendationQuery } from "./recommendation-query.ts";

/** The known and unknown songs of a query. */
export interface SongLookup extends Pick<RecommendationResult, "unknownSongs" | "borrowed"> {
  /** Distinct ids, in the order of the query. */
  readonly songIds: readonly string[];
  /** Rows of known songs and cold-start songs. */
  readonly rows: number[];
}

/** Resolves song ids to rows and weights. */
export interface SongResolver {
  /**
   * Resolves each distinct song to its terms. A known song has one term: itself. A cold-start song has its references,
   * and another unknown song the songs of its artist. Without these there are no terms.
   */
  resolve(songs: RecommendationQuery["songs"]): ResolvedSong[];
  /** The terms of all songs. */
  termsOf(songs: RecommendationQuery["songs"]): Term[];
  lookUp(songs: RecommendationQuery["songs"]): SongLookup;
  /** Resolves disliked songs to terms of negative weight. Unknown songs are ignored. */
  resolveDislikes(songIds: readonly string[]): { readonly rows: number[]; readonly terms: Term[] };
}

export function createSongResolver(
  model: Pick<Model, "rows">,
  coldStart: ColdStartEmbeddings,
  artistFallback: ArtistFallback,
): SongResolver {
  const find = (songId: string) => findRow(model, coldStart, songId);

  function resolve(songs: RecommendationQuery["songs"]): ResolvedSong[] {
    return [...firstWeights(songs)].map(([songId, weight]) => {
      const row = model.rows.get(songId);
      if (row !== undefined) return { songId, terms: [{ row, weight }] };
      const terms = coldStart.at(coldStart.rowOf(songId) ?? -1)?.terms ?? artistFallback.find(songId)?.terms ?? [];
      return {
        songId,
        terms: terms.map((term) => ({ row: term.row, weight: weight * term.weight, step: 1 / terms.length })),
      };
    });
  }

  const termsOf = (songs: RecommendationQuery["songs"]) => resolve(songs).flatMap(({ terms }) => terms);

  return {
    resolve,
    termsOf,

    resolveDislikes(songIds) {
      const known = [...new Set(songIds)]
        .map((songId) => ({ songId, row: find(songId) }))
        .filter(({ row }) => row !== undefined);
      return {
        rows: known.flatMap(({ row }) => row ?? []),
        terms: termsOf(known.map(({ songId }) => ({ songId, weight: -1 }))),
      };
    },

    lookUp(songs) {
      const songIds = [...new Set(songs.map(({ songId }) => songId))];
      const unresolved = songIds.filter((songId) => find(songId) === undefined);
      const borrowed = unresolved
        .flatMap((songId) => artistFallback.find(songId) ?? [])
        .map(({ songId, artist }) => ({ songId, artist }));
      const fallbackIds = new Set(borrowed.map(({ songId }) => songId));
      return {
        songIds,
        rows: songIds.map(find).filter((row) => row !== undefined),
        unknownSongs: unresolved.filter((songId) => !fallbackIds.has(songId)),
        ...(borrowed.length > 0 && { borrowed }),
      };
    },
  };
}

/** Maps each song to its first weight, in the order of last occurrences. */
function firstWeights(songs: RecommendationQuery["songs"]): Map<string, number> {
  const weights = new Map<string, number>();
  for (const { songId, weight } of songs) {
    if (!Number.isFinite(weight)) throw new RangeError(`song ${songId} has weight ${weight}`);
    const first = weights.get(songId) ?? weight;
    weights.delete(songId);
    weights.set(songId, first);
  }
  return weights;
}
