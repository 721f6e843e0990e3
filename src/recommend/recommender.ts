import { createError } from '../errors.ts';
import type { Model, Song } from '../model/model.ts';
import { blendOf, createBlender, singleChannels } from './blender.ts';
import { createCatalogueFilter, type CatalogueFilter } from './catalogue-filter.ts';
import { createExplainer } from './explain.ts';
import { type GroupAnswer, type GroupQuestion, type GroupRanking, rankForGroups, sharesOf } from './groups.ts';
import { type Excluded, excludedOf, excludes } from './mask.ts';
import { contextQuery, similarityQuery, type Term } from './mean.ts';
import { createPopularity } from './popularity.ts';
import type { Answer, Item, Question, SimilarOptions, SimilarSongs, SongDetails, Strategy, Substitute } from './question.ts';
import { type Catalogue, firstGuess, type Page, pageOf, type RankedRows, rounded } from './rerank.ts';
import { loadScan, type ScanKernel } from './scan.ts';
import { createSearch, type Search, type SearchPlan } from './search.ts';
import { createWordScores } from './word-scores.ts';

export type { Answer, Question, SimilarOptions, SimilarSongs, SongDetails, Strategy } from './question.ts';

/** Answers from one model for as long as it is asked. */
export interface Recommender {
  readonly model: Model;
  readonly scanKernel: ScanKernel;
  readonly searchPlan: SearchPlan;
  /** What does not pass a filter of the catalogue: for `passedOver`. */
  readonly filter: CatalogueFilter['mask'];
  /** For questions that are about vectors alone. */
  readonly search: Search;
  /** @throws UNKNOWN_SONGS where the question asks for it */
  recommend(question: Question): Answer;
  /** The answer to a question with reasons for its items, found in slices; popular songs have none. */
  explain(question: Pick<Question, 'songs'>, answer: Answer): Promise<Answer>;
  /** For several people at once; a group of which no song is known has no say. @throws UNKNOWN_SONGS where the question asks for it */
  recommendForGroups(question: GroupQuestion): GroupAnswer;
  /** At once, on this thread. @throws SONG_NOT_FOUND */
  similar(songId: string, options: SimilarOptions): SimilarSongs;
  /** The same together with whatever else is asked, on a search thread where it would take long. Rejects with SONG_NOT_FOUND */
  findSimilar(songId: string, options: SimilarOptions): Promise<SimilarSongs>;
  /** @throws SONG_NOT_FOUND */
  song(songId: string): SongDetails;
  /** Ends the search threads once all that was asked is answered. */
  close(): Promise<void>;
}

/** @param threads search threads; by default as many as a measurement of this model says */
export async function createRecommender(model: Model, threads?: number): Promise<Recommender> {
  const { songs, rows, counts, version } = model;
  const scanModule = await loadScan();
  const search = createSearch(model, scanModule, threads);
  const words = createWordScores(search);
  const blender = createBlender(model, words);
  const popularity = createPopularity(counts);
  const catalogueFilter = createCatalogueFilter(model);
  const catalogue: Catalogue = {
    songAt,
    playsOf: (row) => counts[row] ?? 0,
    similarity: (row, others) => words.similarity([{ row, weight: 1 }], others),
  };
  const explain = createExplainer({
    index: blender?.index, hasTree: model.hasTree, blend: blendOf(model.manifest.blend), similarity: catalogue.similarity,
    context: (row, others) => search.scoresOf('output', contextQuery(model, [{ row, weight: 1 }]), others),
  });

  function rowsOf(songIds: readonly string[]): number[] {
    return [...new Set(songIds)].map((songId) => rows.get(songId)).filter((row) => row !== undefined);
  }

  function likesOf(asked: Question['songs']): Term[] {
    const likes: Term[] = [];
    for (const [songId, weight] of firstWeights(asked)) {
      const row = rows.get(songId);
      if (row !== undefined) likes.push({ row, weight });
    }
    return likes;
  }

  function rowOf(songId: string): number {
    const row = rows.get(songId);
    if (row === undefined) throw createError('SONG_NOT_FOUND', { songId });
    return row;
  }

  function songAt(row: number): Song {
    const song = songs.at(row);
    if (!song) throw new RangeError(`row ${row} of ${songs.length}`);
    return song;
  }

  function item(row: number, score: number): Item {
    const { id, count: _, columns: _more, ...names } = songAt(row);
    return { songId: id, score: rounded(score), ...names };
  }

  /** How the songs come in order, as many of them as are asked for. */
  function ranker(terms: readonly Term[], strategy: Strategy, excluded: Excluded): (count: number) => RankedRows {
    if (strategy === 'context') return (count) => words.nearest(terms, count, excluded);
    if (strategy === 'similarity') return (count) => words.mostSimilar(terms, count, excluded);
    if (!blender) throw new TypeError(`there are no playlists for ${strategy}`);
    return (count) => blender.rank(terms, excluded, count, strategy === 'blend' ? undefined : singleChannels[strategy]);
  }

  function mostPlayed(excluded: Excluded): (count: number) => RankedRows {
    const out = excludes(excluded);
    return (count) => {
      const rows: number[] = [];
      for (let row = 0; row < songs.length && rows.length < count; row++) if (!out.has(row)) rows.push(row);
      return { rows: Uint32Array.from(rows), scores: rows.map(popularity.share) };
    };
  }

  function itemsOf(page: Page, asked: readonly number[], ranked: RankedRows, count: number): Item[] | undefined {
    const found = pageOf(page, ranked, ranked.rows.length < count, asked, catalogue);
    return found && Array.from(found.rows, (row, i) => item(row, found.scores[i] ?? 0));
  }

  function bestOf(page: Page, asked: readonly number[], ranked: (count: number) => RankedRows): Item[] {
    for (let count = firstGuess(page); ; count *= 4) {
      const items = itemsOf(page, asked, ranked(count), count);
      if (items) return items;
    }
  }

  function substituteFor(strategy: Strategy): Substitute | null {
    const hasWhatItTakes = { similarity: true, context: model.manifest.outputVectors, blend: blender, cooccurrence: blender, playlists: blender };
    if (hasWhatItTakes[strategy]) return null;
    return model.manifest.outputVectors ? 'context' : 'similarity';
  }

  function answerTo({ songs: asked, dislikes = [], exclude = [], candidates, passedOver, strategy, onUnknown = 'ignore', fallback = 'popular', ...page }: Question, rankerOf: typeof ranker): Answer {
    checkPage(page);
    const likes = likesOf(asked);
    const unknownSongs = [...new Set(asked.map(({ songId }) => songId))].filter((songId) => rows.get(songId) === undefined);
    if (onUnknown === 'error' && unknownSongs.length > 0) throw createError('UNKNOWN_SONGS', { songIds: unknownSongs });

    const dislikedRows = rowsOf(dislikes);
    const askedRows = [...likes.map(({ row }) => row), ...dislikedRows];
    const excluded = excludedOf(new Set([...askedRows, ...rowsOf(exclude)]), songs.length, { passedOver, candidates: candidates && rowsOf(candidates) });
    const answer = { modelVersion: version, strategy, unknownSongs };
    if (likes.length > 0) {
      const terms = [...likes, ...dislikedRows.map((row) => ({ row, weight: -1 }))];
      const substitute = substituteFor(strategy);
      return { ...answer, items: bestOf(page, askedRows, rankerOf(terms, substitute ?? strategy, excluded)), fallback: substitute };
    }
    if (fallback === 'none') return { ...answer, items: [], fallback: null };
    return { ...answer, items: bestOf(page, askedRows, mostPlayed(excluded)), fallback };
  }

  function similarQuestion(songId: string, { exclude = [], passedOver, ...page }: SimilarOptions) {
    checkPage(page);
    const row = rowOf(songId);
    return { page, asked: [row], query: similarityQuery(model, [{ row, weight: 1 }]), excluded: excludedOf(new Set([row, ...rowsOf(exclude)]), songs.length, { passedOver }) };
  }

  return {
    model,
    scanKernel: scanModule.kernel,
    searchPlan: search.plan,
    search,
    close: search.close,

    filter: catalogueFilter.mask,

    recommend: (question) => answerTo(question, ranker),

    recommendForGroups({ groups, aggregation = 'mean', ...question }) {
      const tastes = groups.map(likesOf).map((likes, group) => ({ likes, group })).filter(({ likes }) => likes.length > 0);
      const dislikes = rowsOf(question.dislikes ?? []).map((row) => ({ row, weight: -1 }));
      const places = tastes.map(({ group }) => group);
      let ranking: GroupRanking | undefined;
      const answer = answerTo({ ...question, songs: groups.flat() }, (_, strategy, excluded) => {
        ranking = rankForGroups(tastes.map(({ likes }) => ranker([...likes, ...dislikes], strategy, excluded)), aggregation);
        return ranking.ranked;
      });
      return { ...answer, items: answer.items.map((one) => ({ ...one, groups: ranking ? sharesOf(places, ranking.scoresOf(rowOf(one.songId)), rounded) : [] })) };
    },

    async explain({ songs: asked }, answer) {
      const found = Uint32Array.from(answer.items, ({ songId }) => rowOf(songId));
      const reasons = answer.fallback === 'popular' ? [] : await explain(likesOf(asked), found, answer.fallback ?? answer.strategy);
      const because = (i: number) => (reasons[i] ?? []).map(({ row, ...reason }) => ({ songId: songAt(row).id, ...reason }));
      return { ...answer, items: answer.items.map((one, i) => ({ ...one, because: because(i) })) };
    },

    similar(songId, options) {
      const { page, asked, query, excluded } = similarQuestion(songId, options);
      return { modelVersion: version, songId, items: bestOf(page, asked, (count) => search.nearestNow('input', query, count, excluded)) };
    },

    async findSimilar(songId, options) {
      const { page, asked, query, excluded } = similarQuestion(songId, options);
      for (let count = firstGuess(page); ; count *= 4) {
        const items = itemsOf(page, asked, await search.nearest('input', query, count, excluded), count);
        if (items) return { modelVersion: version, songId, items };
      }
    },

    song(songId) {
      const row = rowOf(songId);
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
