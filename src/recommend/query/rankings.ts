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

/** Returns the `count` best songs. A larger count starts with the same songs. */
export type LazyRanking = (count: number) => Promise<RankedRows>;

/** The rankings of a model. */
export interface Rankings {
  /** Ranks known songs and cold-start songs. */
  byStrategy(terms: readonly Term[], strategy: Strategy, scope: RankingScope): LazyRanking;
  /** Ranks by popularity; cold-start songs come last. */
  byPopularity(scope: Scope): LazyRanking;
  /** Returns the strategy to use instead if the model lacks the data for one; null if it has them. */
  substituteFor(strategy: Strategy): Substitute | null;
}

export interface RankingScope extends Scope {
  /** Rows of the query in order, if its songs may be recommended. */
  readonly history?: readonly number[] | undefined;
}

export interface RankingSources {
  readonly model: Model;
  readonly search: Search;
  readonly popularity: Popularity;
}

export function createRankings({ model, search, popularity }: RankingSources): Rankings {
  const { songs, manifest, playlists } = model;

  function rankModelSongs(
    terms: readonly Term[],
    strategy: Strategy,
    { excluded, history }: Pick<RankingScope, "excluded" | "history">,
  ): LazyRanking {
    if (strategy === "context") return nearest("output", contextQuery(model, terms), excluded);
    if (strategy === "similarity") return nearest("input", similarityQuery(model, terms), excluded);
    return (count) =>
      search.blend(
        { terms, strategy, ...(history && { history: history.filter((row) => row < songs.length) }) },
        count,
        excluded,
      );
  }

  function nearest(matrix: "input" | "output", query: Float32Array, excluded: Excluded): LazyRanking {
    return (count) => search.nearest(matrix, query, count, excluded);
  }

  return {
    byStrategy(terms, strategy, { coldStart, excluded, isExcluded, history }) {
      const rank = rankModelSongs(terms, strategy, { excluded, history });
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

    byPopularity({ coldStart, excluded, isExcluded }) {
      const excludedRows = toRowSet(excluded);
      return async (count) => {
        const rows: number[] = [];
        for (let i = 0; i < songs.length && rows.length < count; i++) {
          const row = popularity.order[i] as number;
          if (!excludedRows.has(row)) rows.push(row);
        }
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
