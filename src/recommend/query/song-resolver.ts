import { normalizeSongId } from "../../corpus/song-ids.ts";
import type { Model } from "../../model/model.ts";
import type { ArtistFallback } from "../cold-start/artist-fallback.ts";
import type { ResolvedSong } from "../ensemble/explain.ts";
import type { Term } from "../vectors/mean.ts";
import { findRow, type ColdStartEmbeddings } from "../cold-start/embeddings.ts";
import type { RecommendationResult, RecommendationQuery } from "./recommendation-query.ts";

/** The known and unknown songs of a query. */
export interface SongLookup extends Pick<RecommendationResult, "unknownSongs" | "borrowed"> {
  /** Distinct rows of known songs and cold-start songs. */
  readonly rows: number[];
}

/** Resolves song ids, in any spelling, to rows and weights. */
export interface SongResolver {
  /**
   * Resolves each distinct song to its terms. A known song has one term: itself. A cold-start song has its references,
   * and another unknown song the songs of its artist. Without these there are no terms.
   */
  resolve(songs: RecommendationQuery["songs"]): ResolvedSong[];
  /** Rows of the known songs with positive weights in the order of the query, with repeats. */
  historyOf(songs: RecommendationQuery["songs"]): number[];
  /** The terms of all songs. */
  termsOf(songs: RecommendationQuery["songs"]): Term[];
  lookUp(songIds: readonly string[]): SongLookup;
  /** Resolves disliked songs to terms of negative weight. Unknown songs are ignored. */
  dislikedTermsOf(songIds: readonly string[]): Term[];
}

export function createSongResolver(
  model: Pick<Model, "rows" | "manifest">,
  coldStart: ColdStartEmbeddings,
  artistFallback: ArtistFallback,
): SongResolver {
  const find = (songId: string) => findRow(model, coldStart, songId);
  /** The same for all spellings of a song. */
  const keyOf = (songId: string) => find(songId) ?? normalizeSongId(songId, model.manifest.songIds);

  /** Maps each song to its first weight, in the order of last occurrences. */
  function firstWeights(songs: RecommendationQuery["songs"]): RecommendationQuery["songs"] {
    const distinct = new Map<number | string, RecommendationQuery["songs"][number]>();
    for (const song of songs) {
      if (!Number.isFinite(song.weight)) throw new RangeError(`song ${song.songId} has weight ${song.weight}`);
      const key = keyOf(song.songId);
      const first = distinct.get(key) ?? song;
      distinct.delete(key);
      distinct.set(key, first);
    }
    return [...distinct.values()];
  }

  function resolve(songs: RecommendationQuery["songs"]): ResolvedSong[] {
    return firstWeights(songs).map(({ songId, weight }) => {
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
    historyOf: (songs) =>
      songs
        .filter(({ weight }) => weight > 0)
        .map(({ songId }) => find(songId))
        .filter((row) => row !== undefined),
    resolve,
    termsOf,

    dislikedTermsOf: (songIds) =>
      termsOf(songIds.filter((songId) => find(songId) !== undefined).map((songId) => ({ songId, weight: -1 }))),

    lookUp(songIds) {
      const rows = new Set<number>();
      const unknownSongs: string[] = [];
      const borrowed = new Map<string, string>();
      for (const songId of new Set(songIds)) {
        const row = find(songId);
        const fallbackSong = row === undefined ? artistFallback.find(songId) : undefined;
        if (row !== undefined) rows.add(row);
        else if (fallbackSong) borrowed.set(fallbackSong.songId, fallbackSong.artist);
        else unknownSongs.push(songId);
      }
      return {
        rows: [...rows],
        unknownSongs,
        ...(borrowed.size > 0 && { borrowed: Array.from(borrowed, ([songId, artist]) => ({ songId, artist })) }),
      };
    },
  };
}
