import { createError } from "../../errors.ts";
import type { Model } from "../../model/model.ts";
import { yieldEvery } from "../../model/yield.ts";
import { type CatalogueFilter, createCatalogueFilter } from "../catalogue/filter.ts";
import { excludedOf } from "../catalogue/mask.ts";
import { toSixDecimals } from "../catalogue/named.ts";
import { createBorrowing } from "../cold-start/artist-fallback.ts";
import { createCatalogue, exclusionTest, type Scope } from "./scope.ts";
import {
  createColdStartEmbeddings,
  findRow,
  type IsExcluded,
  mergeRankings,
  nameOfAny,
  type ColdStartEmbeddings,
  rowOf,
} from "../cold-start/embeddings.ts";
import { noColdStartSongs, type ColdStartSongs } from "../cold-start/cold-start-songs.ts";
import { blendDataOf, blendOf, createBlender } from "../ensemble/blender.ts";
import { createExplainer } from "../ensemble/explain.ts";
import { createPopularity } from "../ensemble/popularity.ts";
import { createSearch, openVectorSearch, type Search, type SearchPlan } from "../pool/search.ts";
import type { RankedRows } from "../vectors/heap.ts";
import { contextQuery, similarityQuery } from "../vectors/mean.ts";
import { loadScan, type ScanKernel } from "../vectors/scan.ts";
import { createVectorScores } from "../vectors/vector-scores.ts";
import { askedOf } from "./asked.ts";
import { type GroupAnswer, type GroupQuestion, type GroupRanking, rankForGroups, sharesOf } from "./groups.ts";
import { fillPage } from "./pages.ts";
import type { Answer, Item, Question, SimilarOptions, SimilarSongs, SongDetails } from "./question.ts";
import { createRankers, type Ranker } from "./rankers.ts";
import type { Page } from "./rerank.ts";

export type { Strategy } from "../ensemble/strategy.ts";
export type { Answer, Question, SimilarOptions, SimilarSongs, SongDetails } from "./question.ts";

/** Answers from one model for as long as it is asked. */
export interface Recommender {
  readonly model: Model;
  readonly scanKernel: ScanKernel;
  readonly searchPlan: SearchPlan;
  /** Of the provisional songs, which results depend on besides the model. */
  readonly revision: number;
  /** What does not pass a filter of the catalogue: for `passedOver`. */
  readonly filter: CatalogueFilter["mask"];
  /** For questions that are about vectors alone. */
  readonly search: Search;
  /** Provisional songs as this model sees them now. */
  coldStartSongs(): ColdStartEmbeddings;
  /** Rejects with UNKNOWN_SONGS where the query asks for it. */
  recommend(question: Question): Promise<Answer>;
  /** The answer to a question with reasons for its items, found in slices; popular songs have none. */
  explain(question: Pick<Question, "songs">, answer: Answer): Promise<Answer>;
  /** For several people at once; a group of which no song is known has no say. Rejects with UNKNOWN_SONGS where the query asks for it. */
  recommendForGroups(question: GroupQuestion): Promise<GroupAnswer>;
  /** Rejects with SONG_NOT_FOUND. */
  similar(songId: string, options: SimilarOptions): Promise<SimilarSongs>;
  /** @throws SONG_NOT_FOUND */
  song(songId: string): SongDetails;
  /** Ends the search threads once all that was asked is answered. */
  close(): Promise<void>;
}

/**
 * @param threads search threads; by default as many as a measurement of this model says
 * @param coldStartSongSet songs that are answered beside those of the model; they may change at any time
 */
export async function createRecommender(
  model: Model,
  threads?: number,
  coldStartSongSet: ColdStartSongs = noColdStartSongs,
): Promise<Recommender> {
  const { songs, rows, counts, version } = model;
  const scanModule = await loadScan();
  const pause = yieldEvery(0); // each part takes milliseconds
  await pause();
  const vectorSearch = openVectorSearch(model, scanModule);
  const vectorScores = createVectorScores(vectorSearch);
  const data = blendDataOf(model);
  const blending = data && { blender: await createBlender(data, vectorScores, pause), data };
  await pause();
  const search = createSearch(model, scanModule, { threads, vectorSearch, blending });
  await pause();
  const popularity = createPopularity(counts);
  const rankers = createRankers({ model, search, popularity });
  const catalogueFilter = createCatalogueFilter(model);
  const explain = createExplainer({
    index: data?.index,
    hasTree: model.hasTree,
    blend: blendOf(model.manifest.blend),
    similarity: (row, others) => vectorScores.similarity([{ row, weight: 1 }], others),
    context: (row, others) => search.scoresOf("output", contextQuery(model, [{ row, weight: 1 }]), others),
  });
  const coldStartSongs = await createColdStartEmbeddings(model, coldStartSongSet);
  const borrowing = await createBorrowing(model);
  await search.ready();
  const asked = (coldStart: ColdStartEmbeddings) => askedOf(model, coldStart, borrowing);

  function rowsOf(songIds: readonly string[]): number[] {
    return [...new Set(songIds)].map((songId) => rows.get(songId)).filter((row) => row !== undefined);
  }

  function itemsOf(coldStart: ColdStartEmbeddings, { rows: found, scores }: RankedRows): Item[] {
    return Array.from(found, (row, i) => ({
      ...nameOfAny(model, coldStart, row),
      score: toSixDecimals(scores[i] ?? 0),
    }));
  }

  async function bestOf(page: Page, own: readonly number[], scope: Scope, rank: Ranker): Promise<Item[]> {
    const { coldStart: coldStartSongs } = scope;
    return itemsOf(
      coldStartSongs,
      await fillPage(page, own, exclusionTest(scope, model), createCatalogue(coldStartSongs, search), rank),
    );
  }

  async function answerTo(
    {
      songs: wanted,
      dislikes = [],
      exclude = [],
      candidates,
      passedOver,
      strategy,
      onUnknown = "ignore",
      fallback = "popular",
      ...page
    }: Question,
    coldStart: ColdStartEmbeddings,
    rankerOf = rankers.byStrategy,
  ): Promise<Answer> {
    checkPage(page);
    const likes = asked(coldStart).termsOf(wanted);
    const { songIds, rows: known, ...familiarity } = asked(coldStart).familiarityOf(wanted);
    const { unknownSongs } = familiarity;
    if (onUnknown === "error" && unknownSongs.length > 0) throw createError("UNKNOWN_SONGS", { songIds: unknownSongs });

    const disliked = asked(coldStart).dislikedOf(dislikes);
    const own = [...known, ...disliked.rows];
    const out = new Set([...songIds, ...dislikes, ...exclude]);
    const excluded = excludedOf(new Set(rowsOf([...out])), songs.length, {
      passedOver,
      candidates: candidates && rowsOf(candidates),
    });
    const among = candidates && new Set(candidates);
    const isExcluded: IsExcluded = (song) =>
      out.has(song.songId) || passedOver?.has(song) === true || among?.has(song.songId) === false;
    const scope: Scope = { coldStart, excluded, isExcluded };
    const answer = { modelVersion: version, strategy, ...familiarity };
    if (likes.length > 0) {
      const terms = [...likes, ...disliked.terms];
      const substitute = rankers.substituteFor(strategy);
      return {
        ...answer,
        items: await bestOf(page, own, scope, rankerOf(terms, substitute ?? strategy, scope)),
        fallback: substitute,
      };
    }
    if (fallback === "none") return { ...answer, items: [], fallback: null };
    return { ...answer, items: await bestOf(page, own, scope, rankers.byPlays(scope)), fallback };
  }

  /** As many as are wanted of the songs like a vector, newcomers in their places. */
  function likeIt(query: Float32Array, { coldStart, excluded, isExcluded }: Scope): Ranker {
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

    recommend: async (question) => answerTo(question, coldStartSongs()),

    async recommendForGroups({ groups, aggregation = "mean", ...question }) {
      const coldStart = coldStartSongs();
      const tastes = groups
        .map(asked(coldStart).termsOf)
        .map((likes, group) => ({ likes, group }))
        .filter(({ likes }) => likes.length > 0);
      const dislikes = asked(coldStart).dislikedOf(question.dislikes ?? []).terms;
      const places = tastes.map(({ group }) => group);
      let ranking: GroupRanking | undefined;
      const answer = await answerTo({ ...question, songs: groups.flat() }, coldStart, (_, strategy, scope) => {
        ranking = rankForGroups(
          tastes.map(({ likes }) => rankers.byStrategy([...likes, ...dislikes], strategy, scope)),
          aggregation,
        );
        return ranking.rank;
      });
      return {
        ...answer,
        items: answer.items.map((one) => ({
          ...one,
          groups: ranking ? sharesOf(places, ranking.scoresOf(rowOf(model, coldStart, one.songId))) : [],
        })),
      };
    },

    async explain({ songs: wanted }, answer) {
      const coldStart = coldStartSongs();
      const found = answer.items.map(({ songId }) => findRow(model, coldStart, songId));
      const items = found.map((row) => (row === undefined ? [] : (coldStart.at(row)?.terms ?? [{ row, weight: 1 }])));
      const reasons =
        answer.fallback === "popular"
          ? []
          : await explain(asked(coldStart).partsOf(wanted), items, answer.fallback ?? answer.strategy);
      return { ...answer, items: answer.items.map((one, i) => ({ ...one, because: reasons[i] ?? [] })) };
    },

    async similar(songId, { exclude = [], passedOver, ...page }) {
      checkPage(page);
      const coldStart = coldStartSongs();
      const row = rowOf(model, coldStart, songId);
      const query = coldStart.at(row)?.unit ?? similarityQuery(model, [{ row, weight: 1 }]);
      const out = new Set([songId, ...exclude]);
      const isExcluded: IsExcluded = (song) => out.has(song.songId) || passedOver?.has(song) === true;
      const excluded = excludedOf(new Set(rowsOf([...out])), songs.length, { passedOver });
      const scope = { coldStart, excluded, isExcluded };
      return { modelVersion: version, songId, items: await bestOf(page, [row], scope, likeIt(query, scope)) };
    },

    song(songId) {
      const coldStart = coldStartSongs();
      const row = rowOf(model, coldStart, songId);
      const song = coldStart.at(row);
      const { columns } = song ?? songs.at(row) ?? {};
      return {
        ...nameOfAny(model, coldStart, row),
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
