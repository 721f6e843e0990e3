import type { Model } from "../../model/model.ts";
import { type Excluded, toRowSet } from "../catalogue/mask.ts";
import { rankColdStartSongs } from "../cold-start/ranking.ts";
import { mergeRankings, type ColdStartRanking } from "../cold-start/embeddings.ts";
import type { Popularity } from "../ensemble/popularity.ts";
import type { Strategy, Substitute } from "../ensemble/strategy.ts";
import type { Search } from "../pool/search.ts";
import type { RankedRows } from "../vectors/heap.ts";
import { contextQuery, similarityQuery, type Term } from "../vectors/mean.ts";
import type { Scope } from "./scope.ts";

/** Ranks as many songs as are wanted; a larger count begins with the same ones. */
export type LazyRanking = (count: number) => Promise<RankedRows>;

/** The orders that a model knows. */
export interface Rankings {
  /** Of the model's songs and of newcomers. */
  byStrategy(terms: readonly Term[], strategy: Strategy, scope: Scope): LazyRanking;
  /** By plays; newcomers come last. */
  byPlays(scope: Scope): LazyRanking;
  /** What takes the place of a strategy that the model lacks the data for; null where it has them. */
  substituteFor(strategy: Strategy): Substitute | null;
}

export interface RankingSources {
  readonly model: Model;
  readonly search: Search;
  readonly popularity: Popularity;
}

export function createRankings({ model, search, popularity }: RankingSources): Rankings {
  const { songs, manifest, playlists } = model;

  function rankModelSongs(terms: readonly Term[], strategy: Strategy, excluded: Excluded): LazyRanking {
    if (strategy === "context") return nearest("output", contextQuery(model, terms), excluded);
    if (strategy === "similarity") return nearest("input", similarityQuery(model, terms), excluded);
    return (count) => search.blend({ terms, strategy }, count, excluded);
  }

  function nearest(matrix: "input" | "output", query: Float32Array, excluded: Excluded): LazyRanking {
    return (count) => search.nearest(matrix, query, count, excluded);
  }

  return {
    byStrategy(terms, strategy, { coldStart, excluded, isExcluded }) {
      const rank = rankModelSongs(terms, strategy, excluded);
      if (coldStart.size === 0) return rank;
      let coldStartRanking: Promise<ColdStartRanking> | undefined;
      return async (count) => {
        const rankColdStart = await (coldStartRanking ??= rankColdStartSongs(coldStart, {
          search,
          terms,
          strategy,
          isExcluded,
        }));
        return mergeRankings(await rank(count), rankColdStart(count), count);
      };
    },

    byPlays({ coldStart, excluded, isExcluded }) {
      const excludedRows = toRowSet(excluded);
      return async (count) => {
        const rows: number[] = [];
        for (let row = 0; row < songs.length && rows.length < count; row++) if (!excludedRows.has(row)) rows.push(row);
        const played = { rows: Uint32Array.from(rows), scores: rows.map(popularity.share) };
        return rows.length < count ? mergeRankings(played, coldStart.unplayed(isExcluded)(count), count) : played;
      };
    },

    substituteFor(strategy) {
      if (strategy === "similarity" || (strategy === "context" ? manifest.outputVectors : playlists)) return null;
      return manifest.outputVectors ? "context" : "similarity";
    },
  };
}
