import type { Model } from "../../model/model.ts";
import { yieldEvery } from "../../model/yield.ts";
import { createArtistKey } from "../catalogue/artists.ts";
import { type CatalogueFilter, createCatalogueFilter } from "../catalogue/filter.ts";
import { createArtistFallback } from "../cold-start/artist-fallback.ts";
import {
  type ColdStartEmbeddings,
  createColdStartEmbeddings,
  mergeRankings,
  rowOf,
  summarizeAnySong,
} from "../cold-start/embeddings.ts";
import { noColdStartSongs, type ColdStartSongs } from "../cold-start/cold-start-songs.ts";
import { blendDataOf, blendOf, createBlender } from "../ensemble/blender.ts";
import { createExplainer } from "../ensemble/explain.ts";
import { createPopularity } from "../ensemble/popularity.ts";
import { createSearch, openVectorSearch, type Search, type SearchPlan } from "../pool/search.ts";
import { contextQuery, similarityQuery } from "../vectors/mean.ts";
import { loadScan, type ScanKernel } from "../vectors/scan.ts";
import { createVectorScores } from "../vectors/vector-scores.ts";
import { explainResult } from "./explain-result.ts";
import { runGroupQuery } from "./group-query.ts";
import type { GroupQuery, GroupResult } from "./groups.ts";
import { createRankings, type LazyRanking } from "./rankings.ts";
import type {
  RecommendationQuery,
  RecommendationResult,
  SimilarOptions,
  SimilarSongs,
  SongDetails,
} from "./recommendation-query.ts";
import { createQueryRunner } from "./run-query.ts";
import { createScope, type Scope } from "./scope.ts";
import { createSongResolver } from "./song-resolver.ts";
import { unknownOf } from "./unknown-songs.ts";

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
  const sources = { model, search, rankings, artistKey, resolverFor };
  const runner = createQueryRunner(sources);

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

    recommend: async (query) => runner.run(query, coldStartSongs()),
    recommendForGroups: async (query) => runGroupQuery(sources, runner, query, coldStartSongs()),

    explain: async ({ songs: querySongs }, result) =>
      explainResult(sources, explain, querySongs, result, coldStartSongs()),

    async similar(songId, { exclude = [], filteredOut, ...page }) {
      const coldStart = coldStartSongs();
      const row = rowOf(model, coldStart, songId);
      const query = coldStart.at(row)?.unit ?? similarityQuery(model, [{ row, weight: 1 }]);
      const lists = { exclude: resolverFor(coldStart).lookUp(exclude) };
      const scope = createScope(model, coldStart, [row, ...lists.exclude.rows], {
        ...(filteredOut && { filteredOut }),
      });
      return {
        modelVersion: version,
        songId: summarizeAnySong(model, coldStart, row).songId,
        items: await runner.takeItems(page, [row], scope, rankSimilar(query, scope)),
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
