import { createError } from '../errors.ts';
import type { Model, Song } from '../model/model.ts';
import { blendOf, createBlender, singleChannels } from './blender.ts';
import { createBorrowing } from './borrowing.ts';
import { createCatalogueFilter, type CatalogueFilter } from './catalogue-filter.ts';
import { createExplainer } from './explain.ts';
import { type GroupAnswer, type GroupQuestion, type GroupRanking, rankForGroups, type Ranker, sharesOf } from './groups.ts';
import { type Excluded, excludedOf, excludes } from './mask.ts';
import { contextQuery, similarityQuery, type Term } from './mean.ts';
import { catalogueWith, leavesOut, rankNewcomers, type Scope } from './newcomer-ranking.ts';
import { createNewcomers, mergeRankings, nameOfNewcomer, type Newcomers } from './newcomers.ts';
import { noProvisionalSongs, type ProvisionalSongs } from './provisional-songs.ts';
import { atOnce, pageAside, pageInSteps } from './pages.ts';
import { createPopularity } from './popularity.ts';
import type { Answer, Item, Question, SimilarOptions, SimilarSongs, SongDetails, Strategy, Substitute } from './question.ts';
import { type Page, type RankedRows, rounded } from './rerank.ts';
import { loadScan, type ScanKernel } from './scan.ts';
import { createSearch, type Search, type SearchPlan } from './search.ts';
import { createWordScores } from './word-scores.ts';

export type { Answer, Question, SimilarOptions, SimilarSongs, SongDetails, Strategy } from './question.ts';

/** Answers from one model for as long as it is asked. */
export interface Recommender {
  readonly model: Model;
  readonly scanKernel: ScanKernel;
  readonly searchPlan: SearchPlan;
  /** Names all that answers depend on besides the model: other songs, other answers. */
  readonly stamp: string;
  /** What does not pass a filter of the catalogue: for `passedOver`. */
  readonly filter: CatalogueFilter['mask'];
  /** For questions that are about vectors alone. */
  readonly search: Search;
  /** @throws UNKNOWN_SONGS where the question asks for it */
  recommend(question: Question): Answer;
  /** The same in steps, of one search or about a millisecond; most questions take one. */
  recommendInSteps(question: Question): Generator<undefined, Answer>;
  /** The answer to a question with reasons for its items, found in slices; popular songs have none. */
  explain(question: Pick<Question, 'songs'>, answer: Answer): Promise<Answer>;
  /** For several people at once, in steps too; a group of which no song is known has no say. @throws UNKNOWN_SONGS where the question asks for it */
  recommendForGroupsInSteps(question: GroupQuestion): Generator<undefined, GroupAnswer>;
  /** At once, on this thread. @throws SONG_NOT_FOUND */
  similar(songId: string, options: SimilarOptions): SimilarSongs;
  /** The same together with whatever else is asked, on a search thread where it would take long. Rejects with SONG_NOT_FOUND */
  findSimilar(songId: string, options: SimilarOptions): Promise<SimilarSongs>;
  /** @throws SONG_NOT_FOUND */
  song(songId: string): SongDetails;
  /** Ends the search threads once all that was asked is answered. */
  close(): Promise<void>;
}

/**
 * @param threads search threads; by default as many as a measurement of this model says
 * @param provisional songs that are answered beside those of the model; they may change at any time
 */
export async function createRecommender(model: Model, threads?: number, provisional: ProvisionalSongs = noProvisionalSongs): Promise<Recommender> {
  const { songs, rows, counts, version } = model;
  const scanModule = await loadScan();
  const search = createSearch(model, scanModule, threads);
  const words = createWordScores(search);
  const blender = await createBlender(model, words);
  const popularity = createPopularity(counts);
  const catalogueFilter = createCatalogueFilter(model);
  const explain = createExplainer({
    index: blender?.index, hasTree: model.hasTree, blend: blendOf(model.manifest.blend), similarity: (row, others) => words.similarity([{ row, weight: 1 }], others),
    context: (row, others) => search.scoresOf('output', contextQuery(model, [{ row, weight: 1 }]), others),
  });
  const newcomers = createNewcomers(model, provisional);
  const borrowing = await createBorrowing(model);

  function rowsOf(songIds: readonly string[]): number[] {
    return [...new Set(songIds)].map((songId) => rows.get(songId)).filter((row) => row !== undefined);
  }

  /** Of the model or of a newcomer. */
  function findRow(here: Newcomers, songId: string): number | undefined {
    return rows.get(songId) ?? here.rowOf(songId);
  }

  function rowOf(here: Newcomers, songId: string): number {
    const row = findRow(here, songId);
    if (row === undefined) throw createError('SONG_NOT_FOUND', { songId });
    return row;
  }

  function songAt(row: number): Song {
    const song = songs.at(row);
    if (!song) throw new RangeError(`row ${row} of ${songs.length}`);
    return song;
  }

  function item(here: Newcomers, row: number, score: number): Item {
    const newcomer = here.at(row);
    if (newcomer) return { ...nameOfNewcomer(newcomer), score: rounded(score), provisional: true };
    const { id, count: _, columns: _more, ...names } = songAt(row);
    return { songId: id, score: rounded(score), ...names };
  }

  /** How the songs come in order, as many of them as are asked for. */
  function modelRanker(terms: readonly Term[], strategy: Strategy, excluded: Excluded): Ranker {
    if (strategy === 'context') return (count) => words.nearest(terms, count, excluded);
    if (strategy === 'similarity') return (count) => words.mostSimilar(terms, count, excluded);
    if (!blender) throw new TypeError(`there are no playlists for ${strategy}`);
    return (count) => blender.rank(terms, excluded, count, strategy === 'blend' ? undefined : singleChannels[strategy]);
  }

  function ranker(terms: readonly Term[], strategy: Strategy, { here, excluded, isOut }: Scope): Ranker {
    const ranked = modelRanker(terms, strategy, excluded);
    if (here.size === 0) return ranked;
    const theirs = rankNewcomers(here, { search, terms, strategy, isOut, rankModel: modelRanker });
    return (count) => mergeRankings(ranked(count), theirs, count);
  }

  function mostPlayed(excluded: Excluded): Ranker {
    const out = excludes(excluded);
    return (count) => {
      const rows: number[] = [];
      for (let row = 0; row < songs.length && rows.length < count; row++) if (!out.has(row)) rows.push(row);
      return { rows: Uint32Array.from(rows), scores: rows.map(popularity.share) };
    };
  }

  function itemsOf(here: Newcomers, { rows: found, scores }: RankedRows): Item[] {
    return Array.from(found, (row, i) => item(here, row, scores[i] ?? 0));
  }

  function* bestOf(page: Page, asked: readonly number[], scope: Scope, ranked: Ranker): Generator<undefined, Item[]> {
    return itemsOf(scope.here, yield* pageInSteps(page, asked, leavesOut(scope, model), catalogueWith(scope.here, model, words), ranked));
  }

  function substituteFor(strategy: Strategy): Substitute | null {
    const hasWhatItTakes = { similarity: true, context: model.manifest.outputVectors, blend: blender, cooccurrence: blender, playlists: blender };
    if (hasWhatItTakes[strategy]) return null;
    return model.manifest.outputVectors ? 'context' : 'similarity';
  }

  /** Others stand for newcomers, and for songs of artists that the model knows. */
  function likesOf(here: Newcomers, asked: Question['songs']): Term[] {
    return [...firstWeights(asked)].flatMap(([songId, weight]) => {
      const known = rows.get(songId);
      if (known !== undefined) return [{ row: known, weight }];
      const terms = here.at(here.rowOf(songId) ?? -1)?.terms ?? borrowing.find(songId)?.terms ?? [];
      return terms.map((term) => ({ row: term.row, weight: weight * term.weight, step: 1 / terms.length }));
    });
  }

  function* answerTo({ songs: asked, dislikes = [], exclude = [], candidates, passedOver, strategy, onUnknown = 'ignore', fallback = 'popular', ...page }: Question, here: Newcomers, rankerOf: typeof ranker): Generator<undefined, Answer> {
    checkPage(page);
    const likes = likesOf(here, asked);
    const askedIds = [...new Set(asked.map(({ songId }) => songId))];
    const unfamiliar = askedIds.filter((songId) => findRow(here, songId) === undefined);
    const borrowed = unfamiliar.flatMap((songId) => borrowing.find(songId) ?? []).map(({ songId, artist }) => ({ songId, artist }));
    const lent = new Set(borrowed.map(({ songId }) => songId));
    const unknownSongs = unfamiliar.filter((songId) => !lent.has(songId));
    if (onUnknown === 'error' && unknownSongs.length > 0) throw createError('UNKNOWN_SONGS', { songIds: unknownSongs });

    const dislikedRows = rowsOf(dislikes);
    const askedRows = [...askedIds.map((songId) => findRow(here, songId)).filter((row) => row !== undefined), ...dislikedRows];
    const excluded = excludedOf(new Set(rowsOf([...askedIds, ...dislikes, ...exclude])), songs.length, { passedOver, candidates: candidates && rowsOf(candidates) });
    const answer = { modelVersion: version, strategy, unknownSongs, ...(borrowed.length > 0 && { borrowed }) };
    if (likes.length > 0) {
      const out = new Set([...askedIds, ...dislikes, ...exclude]);
      const among = candidates && new Set(candidates);
      const scope = { here, excluded, isOut: (songId: string) => out.has(songId) || passedOver !== undefined || among?.has(songId) === false };
      const terms = [...likes, ...dislikedRows.map((row) => ({ row, weight: -1 }))];
      const substitute = substituteFor(strategy);
      return { ...answer, items: yield* bestOf(page, askedRows, scope, rankerOf(terms, substitute ?? strategy, scope)), fallback: substitute };
    }
    if (fallback === 'none') return { ...answer, items: [], fallback: null };
    return { ...answer, items: yield* bestOf(page, askedRows, { here, excluded, isOut: () => true }, mostPlayed(excluded)), fallback };
  }

  function similarQuestion(songId: string, { exclude = [], passedOver, ...page }: SimilarOptions) {
    checkPage(page);
    const here = newcomers();
    const row = rowOf(here, songId);
    const query = here.at(row)?.unit ?? similarityQuery(model, [{ row, weight: 1 }]);
    const out = new Set([songId, ...exclude]);
    const isOut = (id: string) => out.has(id) || passedOver !== undefined;
    const scope: Scope = { here, excluded: excludedOf(new Set(rowsOf([...out])), songs.length, { passedOver }), isOut };
    return { page, asked: [row], query, theirs: here.similar(query, isOut), scope };
  }

  function* recommendInSteps(question: Question): Generator<undefined, Answer> {
    return yield* answerTo(question, newcomers(), ranker);
  }

  return {
    model,
    scanKernel: scanModule.kernel,
    searchPlan: search.plan,
    get stamp() {
      return provisional.stamp;
    },
    search,
    close: search.close,

    filter: catalogueFilter.mask,

    recommendInSteps,
    recommend: (question) => atOnce(recommendInSteps(question)),

    *recommendForGroupsInSteps({ groups, aggregation = 'mean', ...question }) {
      const here = newcomers();
      const tastes = groups.map((asked) => likesOf(here, asked)).map((likes, group) => ({ likes, group })).filter(({ likes }) => likes.length > 0);
      const dislikes = rowsOf(question.dislikes ?? []).map((row) => ({ row, weight: -1 }));
      const places = tastes.map(({ group }) => group);
      let ranking: GroupRanking | undefined;
      const answer = yield* answerTo({ ...question, songs: groups.flat() }, here, (_, strategy, scope) => {
        ranking = rankForGroups(tastes.map(({ likes }) => ranker([...likes, ...dislikes], strategy, scope)), aggregation);
        return ranking.ranked;
      });
      return { ...answer, items: answer.items.map((one) => ({ ...one, groups: ranking ? sharesOf(places, ranking.scoresOf(rowOf(here, one.songId)), rounded) : [] })) };
    },

    async explain({ songs: asked }, answer) {
      const here = newcomers();
      const found = answer.items.map(({ songId }) => rows.get(songId)).filter((row) => row !== undefined);
      const reasons = answer.fallback === 'popular' ? [] : await explain(likesOf(here, asked), Uint32Array.from(found), answer.fallback ?? answer.strategy);
      const byId = new Map(found.map((row, i) => [songAt(row).id, reasons[i] ?? []]));
      const because = (songId: string) => (byId.get(songId) ?? []).map(({ row, ...reason }) => ({ songId: songAt(row).id, ...reason }));
      return { ...answer, items: answer.items.map((one) => ({ ...one, because: because(one.songId) })) };
    },

    similar(songId, options) {
      const { page, asked, query, theirs, scope } = similarQuestion(songId, options);
      return { modelVersion: version, songId, items: atOnce(bestOf(page, asked, scope, (count) => mergeRankings(search.nearestNow('input', query, count, scope.excluded), theirs, count))) };
    },

    async findSimilar(songId, options) {
      const { page, asked, query, theirs, scope } = similarQuestion(songId, options);
      const ranked = async (count: number) => mergeRankings(await search.nearest('input', query, count, scope.excluded), theirs, count);
      const found = await pageAside(page, asked, leavesOut(scope, model), catalogueWith(scope.here, model, words), ranked);
      return { modelVersion: version, songId, items: itemsOf(scope.here, found) };
    },

    song(songId) {
      const here = newcomers();
      const row = rowOf(here, songId);
      const newcomer = here.at(row);
      if (newcomer) return { ...nameOfNewcomer(newcomer), count: 0, popularityPercentile: 0, provisional: true };
      const { count, id: _, ...names } = songAt(row);
      return { songId, count, popularityPercentile: popularity.percentile(row), ...names };
    },
  };
}

/** In the order in which they are listed last. */
function firstWeights(asked: Question['songs']): Map<string, number> {
  const weights = new Map<string, number>();
  for (const { songId, weight } of asked) {
    if (!Number.isFinite(weight)) throw new RangeError(`song ${songId} has weight ${weight}`);
    const first = weights.get(songId) ?? weight;
    weights.delete(songId);
    weights.set(songId, first);
  }
  return weights;
}

function checkPage({ limit, offset = 0 }: Page): void {
  if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`a limit of ${limit} songs`);
  if (!Number.isInteger(offset) || offset < 0) throw new RangeError(`an offset of ${offset} songs`);
}
