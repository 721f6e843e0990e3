import { createError } from '../errors.ts';
import type { Model, Song } from '../model/model.ts';
import { similarityQuery, type Term } from './mean.ts';
import { createBlender, singleChannels } from './blender.ts';
import { createPopularity } from './popularity.ts';
import { loadScan, type ScanKernel } from './scan.ts';
import { createSearch, type Nearest, type SearchPlan } from './search.ts';
import { createWordScores } from './word-scores.ts';

export const strategyNames = ['blend', 'context', 'similarity', 'cooccurrence', 'playlists'] as const;
export type Strategy = (typeof strategyNames)[number];

/** What answers in the place of a strategy that the model has not what it takes for. */
export type Substitute = 'context' | 'similarity';

export interface Question {
  /** Of a song that is listed several times the first weight counts. Weights are finite. */
  readonly songs: readonly { readonly songId: string; readonly weight: number }[];
  /** Songs whose vectors are subtracted. Like `exclude`, they may be unknown. */
  readonly dislikes?: readonly string[];
  readonly exclude?: readonly string[];
  /** A whole number from 1; so many items come back while the catalogue has them. */
  readonly limit: number;
  readonly strategy: Strategy;
  /** What becomes of query songs that the model doesn't know; by default they are left out and named. */
  readonly onUnknown?: 'ignore' | 'error';
  /** What to answer when the model knows no song of the query; by default the most played ones. */
  readonly fallback?: 'popular' | 'none';
}

export interface Item {
  readonly songId: string;
  /** Similarity: a cosine. Context: a dot product, or a logarithm of a probability. Popular: the part of all plays. Others: weighted sums. To six decimals. */
  readonly score: number;
  readonly title?: string;
  readonly artist?: string;
}

export interface Answer {
  readonly modelVersion: number;
  readonly strategy: Strategy;
  /** The best first; never a song of the query, nor one disliked or excluded. */
  readonly items: Item[];
  /** Query songs that the model doesn't know, each once, in the order asked. */
  readonly unknownSongs: string[];
  /** `popular` where no song of the query is known; `similarity` where the strategy needs output vectors and the model has none. */
  readonly fallback: null | 'popular' | Substitute;
}

export interface SimilarOptions {
  readonly limit: number;
  /** So many of the best are left out; 0 by default. */
  readonly offset?: number;
  /** Songs with a lower cosine are left out. */
  readonly minScore?: number;
  readonly exclude?: readonly string[];
}

export interface SimilarSongs {
  readonly modelVersion: number;
  readonly songId: string;
  readonly items: Item[];
}

export interface SongDetails {
  readonly songId: string;
  /** Plays in the training playlists. */
  readonly count: number;
  /** The percentage of songs that are played as often as this one or less: 100 for the most played. */
  readonly popularityPercentile: number;
  readonly title?: string;
  readonly artist?: string;
}

/** Answers from one model for as long as it is asked. */
export interface Recommender {
  readonly model: Model;
  readonly scanKernel: ScanKernel;
  readonly searchPlan: SearchPlan;
  /** @throws UNKNOWN_SONGS where the question asks for it */
  recommend(question: Question): Answer;
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

  function rowsOf(songIds: readonly string[]): number[] {
    return [...new Set(songIds)].map((songId) => rows.get(songId)).filter((row) => row !== undefined);
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
    const { id, count: _, ...names } = songAt(row);
    return { songId: id, score: Math.round(score * 1e6) / 1e6 + 0, ...names };
  }

  function best(terms: readonly Term[], strategy: Strategy, limit: number, excluded: ReadonlySet<number>): Item[] {
    if (strategy !== 'context' && strategy !== 'similarity') {
      if (!blender) throw new TypeError(`there are no playlists for ${strategy}`);
      const ranked = blender.rank(terms, excluded, limit, strategy === 'blend' ? undefined : singleChannels[strategy]);
      return Array.from(ranked.rows, (row, i) => item(row, ranked.scores[i] ?? 0));
    }
    const ranked = strategy === 'context' ? words.nearest(terms, limit, excluded) : words.mostSimilar(terms, limit, excluded);
    return Array.from(ranked.rows, (row, i) => item(row, ranked.scores[i] ?? 0));
  }

  function substituteFor(strategy: Strategy): Substitute | null {
    const hasWhatItTakes = { similarity: true, context: model.manifest.outputVectors, blend: blender, cooccurrence: blender, playlists: blender };
    if (hasWhatItTakes[strategy]) return null;
    return model.manifest.outputVectors ? 'context' : 'similarity';
  }

  function mostPlayed(limit: number, excluded: ReadonlySet<number>): Item[] {
    const items: Item[] = [];
    for (let row = 0; row < songs.length && items.length < limit; row++) {
      if (!excluded.has(row)) items.push(item(row, popularity.share(row)));
    }
    return items;
  }

  function similarQuestion(songId: string, { limit, offset = 0, exclude = [] }: SimilarOptions) {
    checkLimit(limit);
    const row = rowOf(songId);
    return { query: similarityQuery(model, [{ row, weight: 1 }]), k: offset + limit, excluded: new Set([row, ...rowsOf(exclude)]) };
  }

  function similarAnswer(songId: string, { offset = 0, minScore = -Infinity }: SimilarOptions, nearest: Nearest): SimilarSongs {
    const items = Array.from(nearest.rows.subarray(offset), (row, i) => item(row, nearest.scores[offset + i] ?? 0));
    return { modelVersion: version, songId, items: items.filter(({ score }) => score >= minScore) };
  }

  return {
    model,
    scanKernel: scanModule.kernel,
    searchPlan: search.plan,
    close: search.close,

    recommend({ songs: asked, dislikes = [], exclude = [], limit, strategy, onUnknown = 'ignore', fallback = 'popular' }) {
      checkLimit(limit);
      const likes: Term[] = [];
      const unknownSongs = [...new Set(asked.map(({ songId }) => songId))].filter((songId) => rows.get(songId) === undefined);
      for (const [songId, weight] of firstWeights(asked)) {
        const row = rows.get(songId);
        if (row !== undefined) likes.push({ row, weight });
      }
      if (onUnknown === 'error' && unknownSongs.length > 0) throw createError('UNKNOWN_SONGS', { songIds: unknownSongs });

      const dislikedRows = rowsOf(dislikes);
      const excluded = new Set([...likes.map(({ row }) => row), ...dislikedRows, ...rowsOf(exclude)]);
      const answer = { modelVersion: version, strategy, unknownSongs };
      if (likes.length > 0) {
        const terms = [...likes, ...dislikedRows.map((row) => ({ row, weight: -1 }))];
        const substitute = substituteFor(strategy);
        return { ...answer, items: best(terms, substitute ?? strategy, limit, excluded), fallback: substitute };
      }
      if (fallback === 'none') return { ...answer, items: [], fallback: null };
      return { ...answer, items: mostPlayed(limit, excluded), fallback };
    },

    similar(songId, options) {
      const { query, k, excluded } = similarQuestion(songId, options);
      return similarAnswer(songId, options, search.nearestNow('input', query, k, excluded));
    },

    async findSimilar(songId, options) {
      const { query, k, excluded } = similarQuestion(songId, options);
      return similarAnswer(songId, options, await search.nearest('input', query, k, excluded));
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

function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`a limit of ${limit} songs`);
}
