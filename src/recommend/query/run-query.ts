import type { Model } from "../../model/model.ts";
import type { ArtistKey } from "../catalogue/artists.ts";
import { toSixDecimals } from "../catalogue/song-summary.ts";
import { type ColdStartEmbeddings, findRow, summarizeAnySong } from "../cold-start/embeddings.ts";
import { hasRepeats, occurrencesIn } from "../ensemble/repeats.ts";
import type { Search } from "../pool/search.ts";
import { fillPage } from "./pages.ts";
import type { LazyRanking, Rankings, RankingScope } from "./rankings.ts";
import type { Item, RecommendationQuery, RecommendationResult } from "./recommendation-query.ts";
import type { Page } from "./rerank.ts";
import { createCatalogue, createScope, exclusionTest, type Scope } from "./scope.ts";
import type { SongResolver } from "./song-resolver.ts";
import { assertKnown, unknownOf } from "./unknown-songs.ts";

/** Runs the queries of a recommender. */
export interface QueryRunner {
  /** @throws UNKNOWN_SONGS if `onUnknown` is `error` */
  run(query: RecommendationQuery, coldStart: ColdStartEmbeddings, groups?: GroupRun): Promise<RecommendationResult>;
  /** @param queryRows rows of the query songs */
  takeItems(page: Page, queryRows: readonly number[], scope: Scope, rank: LazyRanking): Promise<Item[]>;
}

/** How a query of groups differs from one of all their songs. */
export interface GroupRun {
  readonly rankingOf?: Rankings["byStrategy"];
  /** Rows that each group has played, in order. */
  readonly histories?: readonly (readonly number[])[];
}

export interface QuerySources {
  readonly model: Model;
  readonly search: Search;
  readonly rankings: Rankings;
  readonly artistKey: ArtistKey;
  resolverFor(coldStart: ColdStartEmbeddings): SongResolver;
}

export function createQueryRunner({ model, search, rankings, artistKey, resolverFor }: QuerySources): QueryRunner {
  const canRepeat = model.playlistIndex !== null && hasRepeats(model.playlistIndex);

  async function takeItems(page: Page, queryRows: readonly number[], scope: Scope, rank: LazyRanking): Promise<Item[]> {
    checkPage(page);
    const { coldStart } = scope;
    const catalogue = createCatalogue(coldStart, search, artistKey);
    const { rows, scores } = await fillPage(page, queryRows, exclusionTest(scope, model), catalogue, rank);
    return Array.from(rows, (row, i) => ({
      ...summarizeAnySong(model, coldStart, row),
      score: toSixDecimals(scores[i] ?? 0),
    }));
  }

  /** Adds to songs of the query how many songs ago they were played; in several histories, the smallest number. */
  function withSteps(items: Item[], histories: readonly (readonly number[])[], coldStart: ColdStartEmbeddings): Item[] {
    const occurrences = histories.map(occurrencesIn);
    return items.map((item) => {
      const row = findRow(model, coldStart, item.songId) ?? -1;
      const playedAgo = Math.min(...occurrences.map((songs) => songs.get(row)?.steps ?? Infinity));
      return Number.isFinite(playedAgo) ? { ...item, playedAgo } : item;
    });
  }

  async function run(
    {
      songs: querySongs,
      dislikes = [],
      exclude = [],
      candidates,
      filteredOut,
      strategy,
      onUnknown = "ignore",
      fallback = "popular",
      repeats = "exclude",
      ...page
    }: RecommendationQuery,
    coldStart: ColdStartEmbeddings,
    { rankingOf = rankings.byStrategy, histories }: GroupRun = {},
  ): Promise<RecommendationResult> {
    const resolver = resolverFor(coldStart);
    const likes = resolver.termsOf(querySongs);
    const { rows, ...lookup } = resolver.lookUp(querySongs.map(({ songId }) => songId));
    const lists = {
      dislikes: resolver.lookUp(dislikes),
      exclude: resolver.lookUp(exclude),
      ...(candidates && { candidates: resolver.lookUp(candidates) }),
    };
    if (onUnknown === "error") assertKnown(lookup.unknownSongs, lists);

    const history = repeats === "allow" && canRepeat ? resolver.historyOf(querySongs) : undefined;
    const queryRows = history ? [] : [...new Set([...rows, ...lists.dislikes.rows])];
    const repeatable = new Set(history);
    const excludedRows = [...rows.filter((row) => !repeatable.has(row)), ...lists.dislikes.rows, ...lists.exclude.rows];
    const scope: RankingScope = {
      ...createScope(model, coldStart, excludedRows, {
        ...(filteredOut && { filteredOut }),
        ...(lists.candidates && { candidates: lists.candidates.rows }),
      }),
      history,
    };
    const result = { modelVersion: model.version, strategy, ...lookup, ...unknownOf(lists) };
    if (likes.length > 0) {
      const terms = [...likes, ...resolver.dislikedTermsOf(dislikes)];
      const substitute = rankings.substituteFor(strategy);
      return {
        ...result,
        items: withSteps(
          await takeItems(page, queryRows, scope, rankingOf(terms, substitute ?? strategy, scope)),
          history ? (histories ?? [history]) : [],
          coldStart,
        ),
        fallback: substitute,
      };
    }
    if (fallback === "none") return { ...result, items: [], fallback: null };
    return { ...result, items: await takeItems(page, queryRows, scope, rankings.byPopularity(scope)), fallback };
  }

  return { run, takeItems };
}

function checkPage({ limit, offset = 0 }: Page): void {
  if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`a limit of ${limit} songs`);
  if (!Number.isInteger(offset) || offset < 0) throw new RangeError(`an offset of ${offset} songs`);
}
