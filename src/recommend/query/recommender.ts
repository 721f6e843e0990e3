import type { Model } from "../../model/model.ts";
import { yieldEvery } from "../../model/yield.ts";
import { createArtistKey } from "../catalogue/artists.ts";
import { type CatalogueFilter, createCatalogueFilter, type FilterMask } from "../catalogue/filter.ts";
import { combineExclusions } from "../catalogue/mask.ts";
import { toSixDecimals } from "../catalogue/song-summary.ts";
import { createArtistFallback } from "../cold-start/artist-fallback.ts";
import { createCatalogue, exclusionTest, type Scope } from "./scope.ts";
import {
  canonicalId,
  createColdStartEmbeddings,
  findRow,
  mergeRankings,
  summarizeAnySong,
  type ColdStartEmbeddings,
  rowOf,
} from "../cold-start/embeddings.ts";
import { noColdStartSongs, type ColdStartSongs } from "../cold-start/cold-start-songs.ts";
import { blendDataOf, blendOf, createBlender } from "../ensemble/blender.ts";
import { createExplainer } from "../ensemble/explain.ts";
import { hasRepeats, occurrencesIn } from "../ensemble/repeats.ts";
import { createPopularity } from "../ensemble/popularity.ts";
import { createSearch, openVectorSearch, type Search, type SearchPlan } from "../pool/search.ts";
import type { RankedRows } from "../vectors/heap.ts";
import { contextQuery, similarityQuery } from "../vectors/mean.ts";
import { loadScan, type ScanKernel } from "../vectors/scan.ts";
import { createVectorScores } from "../vectors/vector-scores.ts";
import { createSongResolver } from "./song-resolver.ts";
import { assertKnown, unknownOf } from "./unknown-songs.ts";
import { type GroupResult, type GroupQuery, type GroupRanking, rankForGroups, sharesOf } from "./groups.ts";
import { fillPage } from "./pages.ts";
import type {
  RecommendationResult,
  Item,
  RecommendationQuery,
  SimilarOptions,
  SimilarSongs,
  SongDetails,
} from "./recommendation-query.ts";
import { createRankings, type LazyRanking, type RankingScope } from "./rankings.ts";
import type { Page } from "./rerank.ts";

export type { Strategy } from "../ensemble/strategy.ts";
export type {
  RecommendationResult,
  RecommendationQuery,
  SimilarOptions,
  SimilarSongs,
  SongDetails,
} from "./recommendation-query.ts";

/** Makes recommendations from one model. */
export interface Recommender {
  readonly model: Model;
  readonly scanKernel: ScanKernel;
  readonly searchPlan: SearchPlan;
  /** Revision of the cold-start songs. Results depend on it and on the model. */
  readonly revision: number;
  /** Evaluates a catalogue filter, for `filteredOut`. */
  readonly filter: CatalogueFilter["mask"];
  /** For queries that need vectors only. */
  readonly search: Search;
  /** The current cold-start songs with their vectors. */
  coldStartSongs(): ColdStartEmbeddings;
  /** @throws UNKNOWN_SONGS if `onUnknown` is `error` */
  recommend(query: RecommendationQuery): Promise<RecommendationResult>;
  /** Adds reasons to the items of a result. Popular songs have none. */
  explain(query: Pick<RecommendationQuery, "songs">, result: RecommendationResult): Promise<RecommendationResult>;
  /**
   * Recommends songs for several groups at once. Groups without known songs are ignored.
   *
   * @throws UNKNOWN_SONGS if `onUnknown` is `error`
   */
  recommendForGroups(query: GroupQuery): Promise<GroupResult>;
  /** @throws SONG_NOT_FOUND */
  similar(songId: string, options: SimilarOptions): Promise<SimilarSongs>;
  /** @throws SONG_NOT_FOUND */
  song(songId: string): SongDetails;
  /** Ends the search threads after pending queries. */
  close(): Promise<void>;
}

/**
 * @param threads number of search threads; by default derived from the measured latency of a scan
 * @param coldStartSongSet cold-start songs; they may change at any time
 * @param options.compilationArtists further names in the artist column that are no artists
 */
export async function createRecommender(
  model: Model,
  threads?: number,
  coldStartSongSet: ColdStartSongs = noColdStartSongs,
  { compilationArtists = [] }: { readonly compilationArtists?: readonly string[] } = {},
): Promise<Recommender> {
  const { songs, counts, version } = model;
  const scanModule = await loadScan();
  const pause = yieldEvery(0); // each step takes milliseconds
  await pause();
  const vectorSearch = openVectorSearch(model, scanModule);
  const vectorScores = createVectorScores(vectorSearch);
  const data = blendDataOf(model);
  const blending = data && { blender: await createBlender(data, vectorScores, pause), data };
  await pause();
  const search = createSearch(model, scanModule, { threads, vectorSearch, blending });
  await pause();
  const popularity = createPopularity(model.popularity);
  const canRepeat = model.playlistIndex !== null && hasRepeats(model.playlistIndex);
  const rankings = createRankings({ model, search, popularity });
  const catalogueFilter = createCatalogueFilter(model);
  const explain = createExplainer({
    index: data?.index,
    hasTree: model.hasTree,
    blend: blendOf(model.manifest.blend),
    similarity: (row, others) => vectorScores.similarity([{ row, weight: 1 }], others),
    context: (row, others) => search.scoresOf("output", contextQuery(model, [{ row, weight: 1 }]), others),
  });
  const coldStartSongs = await createColdStartEmbeddings(model, coldStartSongSet);
  const artistKey = createArtistKey(compilationArtists);
  const artistFallback = await createArtistFallback(model, artistKey);
  await search.ready();
  const resolverFor = (coldStart: ColdStartEmbeddings) => createSongResolver(model, coldStart, artistFallback);

  /** @param excludedRows rows of known songs and cold-start songs */
  function createScope(
    coldStart: ColdStartEmbeddings,
    excludedRows: readonly number[],
    { filteredOut, candidates }: { readonly filteredOut?: FilterMask; readonly candidates?: readonly number[] },
  ): Scope {
    const isKnown = (row: number) => row < songs.length;
    const [excluded, allowed] = [new Set(excludedRows), candidates && new Set(candidates)];
    return {
      coldStart,
      excluded: combineExclusions(new Set(excludedRows.filter(isKnown)), songs.length, {
        filteredOut,
        candidates: candidates?.filter(isKnown),
      }),
      isExcluded(song) {
        const row = coldStart.rowOf(song.songId) ?? -1;
        return excluded.has(row) || filteredOut?.has(song) === true || allowed?.has(row) === false;
      },
    };
  }

  function itemsOf(coldStart: ColdStartEmbeddings, { rows: found, scores }: RankedRows): Item[] {
    return Array.from(found, (row, i) => ({
      ...summarizeAnySong(model, coldStart, row),
      score: toSixDecimals(scores[i] ?? 0),
    }));
  }

  async function takeItems(page: Page, queryRows: readonly number[], scope: Scope, rank: LazyRanking): Promise<Item[]> {
    const { coldStart: coldStartSongs } = scope;
    return itemsOf(
      coldStartSongs,
      await fillPage(
        page,
        queryRows,
        exclusionTest(scope, model),
        createCatalogue(coldStartSongs, search, artistKey),
        rank,
      ),
    );
  }

  /** Adds to songs of the query how many songs ago they were played. */
  function withSteps(items: Item[], history: readonly number[] | undefined, coldStart: ColdStartEmbeddings): Item[] {
    if (!history) return items;
    const steps = occurrencesIn(history);
    return items.map((item) => {
      const occurrence = steps.get(findRow(model, coldStart, item.songId) ?? -1);
      return occurrence ? { ...item, playedAgo: occurrence.steps } : item;
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
    rankingOf = rankings.byStrategy,
  ): Promise<RecommendationResult> {
    checkPage(page);
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
      ...createScope(coldStart, excludedRows, {
        ...(filteredOut && { filteredOut }),
        ...(lists.candidates && { candidates: lists.candidates.rows }),
      }),
      history,
    };
    const result = { modelVersion: version, strategy, ...lookup, ...unknownOf(lists) };
    if (likes.length > 0) {
      const terms = [...likes, ...resolver.dislikedTermsOf(dislikes)];
      const substitute = rankings.substituteFor(strategy);
      return {
        ...result,
        items: withSteps(
          await takeItems(page, queryRows, scope, rankingOf(terms, substitute ?? strategy, scope)),
          history,
          coldStart,
        ),
        fallback: substitute,
      };
    }
    if (fallback === "none") return { ...result, items: [], fallback: null };
    return { ...result, items: await takeItems(page, queryRows, scope, rankings.byPopularity(scope)), fallback };
  }

  /** Ranks known songs and cold-start songs by cosine with a vector. */
  function rankSimilar(query: Float32Array, { coldStart, excluded, isExcluded }: Scope): LazyRanking {
    const similarColdStartSongs = coldStart.similar(query, isExcluded);
    return async (count) =>
      mergeRankings(await search.nearest("input", query, count, excluded), similarColdStartSongs(count), count);
  }

  return {
    model,
    scanKernel: scanModule.kernel,
    searchPlan: search.plan,
    get revision() {
      return coldStartSongSet.revision;
    },
    search,
    coldStartSongs,
    close: search.close,

    filter: catalogueFilter.mask,

    recommend: async (query) => run(query, coldStartSongs()),

    async recommendForGroups({ groups, aggregation = "mean", ...query }) {
      const coldStart = coldStartSongs();
      const resolver = resolverFor(coldStart);
      const knownGroups = groups
        .map((songs, group) => ({
          likes: resolver.termsOf(songs),
          history: resolver.historyOf(songs),
          group,
        }))
        .filter(({ likes }) => likes.length > 0);
      const dislikes = resolver.dislikedTermsOf(query.dislikes ?? []);
      const groupIndices = knownGroups.map(({ group }) => group);
      let ranking: GroupRanking | undefined;
      const result = await run({ ...query, songs: groups.flat() }, coldStart, (_, strategy, scope) => {
        ranking = rankForGroups(
          knownGroups.map(({ likes, history }) =>
            rankings.byStrategy([...likes, ...dislikes], strategy, scope.history ? { ...scope, history } : scope),
          ),
          aggregation,
        );
        return ranking.rank;
      });
      return {
        ...result,
        items: result.items.map((item) => ({
          ...item,
          groups: ranking ? sharesOf(groupIndices, ranking.scoresOf(rowOf(model, coldStart, item.songId))) : [],
        })),
      };
    },

    async explain({ songs: querySongs }, result) {
      const coldStart = coldStartSongs();
      const found = result.items.map(({ songId }) => findRow(model, coldStart, songId));
      const items = found.map((row) => (row === undefined ? [] : (coldStart.at(row)?.terms ?? [{ row, weight: 1 }])));
      const resolved = resolverFor(coldStart)
        .resolve(querySongs)
        .map((song) => ({ ...song, songId: canonicalId(model, coldStart, song.songId) }));
      const reasons =
        result.fallback === "popular" ? [] : await explain(resolved, items, result.fallback ?? result.strategy);
      return { ...result, items: result.items.map((item, i) => ({ ...item, because: reasons[i] ?? [] })) };
    },

    async similar(songId, { exclude = [], filteredOut, ...page }) {
      checkPage(page);
      const coldStart = coldStartSongs();
      const row = rowOf(model, coldStart, songId);
      const query = coldStart.at(row)?.unit ?? similarityQuery(model, [{ row, weight: 1 }]);
      const lists = { exclude: resolverFor(coldStart).lookUp(exclude) };
      const scope = createScope(coldStart, [row, ...lists.exclude.rows], { ...(filteredOut && { filteredOut }) });
      return {
        modelVersion: version,
        songId: summarizeAnySong(model, coldStart, row).songId,
        items: await takeItems(page, [row], scope, rankSimilar(query, scope)),
        ...unknownOf(lists),
      };
    },

    song(songId) {
      const coldStart = coldStartSongs();
      const row = rowOf(model, coldStart, songId);
      const song = coldStart.at(row);
      const { columns } = song ?? songs.at(row) ?? {};
      return {
        ...summarizeAnySong(model, coldStart, row),
        count: counts[row] ?? 0,
        popularityPercentile: song ? 0 : popularity.percentile(row),
        ...(columns && { columns }),
      };
    },
  };
}

function checkPage({ limit, offset = 0 }: Page): void {
  if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`a limit of ${limit} songs`);
  if (!Number.isInteger(offset) || offset < 0) throw new RangeError(`an offset of ${offset} songs`);
}
