import { createError } from '../errors.ts';
import type { Model, Song } from '../model/model.ts';
import { similarityQuery, type Term } from './mean.ts';
import { type Named, nameOf } from './named.ts';
import type { ProvisionalSong, ProvisionalSongs } from './provisional-songs.ts';
import type { RankedRows } from './rerank.ts';

/** A provisional song as one model sees it. */
export interface Newcomer extends Named, Pick<Song, 'columns'> {
  /** The songs of the model that stand for it; their weights sum to 1. */
  readonly terms: readonly Term[];
  /** The mean of their unit vectors, made a unit vector [stride] */
  readonly unit: Float32Array;
}

/**
 * The provisional songs beside a model of V songs, which takes no notice of them; those that it knows itself are none.
 * They have the rows from V on.
 */
export interface Newcomers {
  readonly size: number;
  /** In the order of their rows. */
  readonly all: readonly Newcomer[];
  /** undefined for a row of the model */
  at(row: number): Newcomer | undefined;
  rowOf(songId: string): number | undefined;
  /** By their cosines with a unit vector, the best first. */
  similar(query: Float32Array, isOut: IsOut): RankedRows;
  /** In the order they came in, each with a score of 0. */
  unplayed(isOut: IsOut): RankedRows;
  /**
   * By what their references score, the best first: the mean, or for scores that are logarithms, of odds or of
   * probabilities, the logarithm of the mean.
   *
   * @param scoresOf of rows of the model, ascending, each once
   */
  scored(scoresOf: (rows: Uint32Array) => ArrayLike<number>, areLogarithms: boolean, isOut: IsOut): RankedRows;
}

/** Whether a newcomer may not be answered. */
export type IsOut = (newcomer: Newcomer) => boolean;

/** Looks at the songs as they are now; only what has changed since the last look is worked out anew. */
export function createNewcomers(model: Model, songs: ProvisionalSongs): () => Newcomers {
  const known = new Map<ProvisionalSong, Newcomer | undefined>();
  let stamp = '';
  let current = newcomersOf(model, []);

  return () => {
    if (songs.stamp === stamp) return current;
    stamp = songs.stamp;
    const here = [...songs];
    for (const song of here) if (!known.has(song)) known.set(song, newcomerOf(model, song));
    const kept = new Set(here);
    for (const song of known.keys()) if (!kept.has(song)) known.delete(song);
    current = newcomersOf(model, here.map((song) => known.get(song)).filter((newcomer) => newcomer !== undefined));
    return current;
  };
}

/**
 * What is not known of its title and artist is as in the catalogue of the model, where that has the song.
 *
 * @returns undefined where the model knows the song, or none that it is like
 */
export function newcomerOf(model: Model, { references, ...own }: ProvisionalSong): Newcomer | undefined {
  const { songId } = own;
  if (model.rows.get(songId) !== undefined) return undefined;
  const found = references.map(({ songId: id, weight }) => ({ row: model.rows.get(id), weight }));
  const rows = found.flatMap(({ row, weight }) => (row === undefined ? [] : [{ row, weight }]));
  if (rows.length === 0) return undefined;
  const sum = rows.reduce((all, { weight }) => all + weight, 0);
  const terms = rows.map(({ row, weight }) => ({ row, weight: weight / sum }));
  return { ...inCatalogue(model, songId), ...own, terms, unit: similarityQuery(model, terms) };
}

function inCatalogue({ untrained }: Model, songId: string): Pick<Song, 'title' | 'artist' | 'columns'> {
  const row = untrained?.rows.get(songId);
  const { title, artist, columns } = (row === undefined ? undefined : untrained?.songs.at(row)) ?? {};
  return { ...(title !== undefined && { title }), ...(artist !== undefined && { artist }), ...(columns && { columns }) };
}

function newcomersOf({ counts }: Model, all: readonly Newcomer[]): Newcomers {
  const songs = counts.length;
  const places = new Map(all.map(({ songId }, i) => [songId, songs + i]));
  let references: Uint32Array | undefined;

  function ranked(scoreOf: (newcomer: Newcomer) => number, isOut: IsOut): RankedRows {
    const found = all.map((newcomer, i) => ({ newcomer, row: songs + i })).filter(({ newcomer }) => !isOut(newcomer));
    const order = found.map(({ newcomer, row }) => ({ row, score: scoreOf(newcomer) })).toSorted((a, b) => b.score - a.score);
    return { rows: Uint32Array.from(order, ({ row }) => row), scores: order.map(({ score }) => score) };
  }

  return {
    size: all.length,
    all,
    at: (row) => all[row - songs],
    rowOf: (songId) => places.get(songId),
    similar: (query, isOut) => ranked(({ unit }) => dot(unit, query), isOut),
    unplayed: (isOut) => ranked(() => 0, isOut),
    scored(scoresOf, areLogarithms, isOut) {
      references ??= Uint32Array.from(new Set(all.flatMap(({ terms }) => terms.map(({ row }) => row)))).sort();
      const values = scoresOf(references);
      const scores = new Map(Array.from(references, (row, i) => [row, values[i] ?? 0]));
      return ranked(({ terms }) => (areLogarithms ? logOfMean(terms, scores) : mean(terms, scores)), isOut);
    },
  };
}

/** The row of a song of the model, or of a newcomer. */
export function findRow({ rows }: Pick<Model, 'rows'>, here: Newcomers, songId: string): number | undefined {
  return rows.get(songId) ?? here.rowOf(songId);
}

/** @throws SONG_NOT_FOUND */
export function rowOf(model: Pick<Model, 'rows'>, here: Newcomers, songId: string): number {
  const row = findRow(model, here, songId);
  if (row === undefined) throw createError('SONG_NOT_FOUND', { songId });
  return row;
}

/** What a song is called; a newcomer is marked. */
export function nameOfAny(model: Pick<Model, 'songs'>, here: Newcomers, row: number): Named & { readonly provisional?: true } {
  const newcomer = here.at(row);
  return newcomer ? { ...nameOfNewcomer(newcomer), provisional: true } : nameOf(model, row);
}

export function nameOfNewcomer({ songId, title, artist }: Newcomer): Named {
  return { songId, ...(title !== undefined && { title }), ...(artist !== undefined && { artist }) };
}

/** Both rankings in one, as far as `count` songs; of equal scores the model's come first. */
export function mergeRankings(one: RankedRows, other: RankedRows, count: number): RankedRows {
  if (other.rows.length === 0) return one;
  const rows: number[] = [];
  const scores: number[] = [];
  let [i, j] = [0, 0];
  while (rows.length < count && (i < one.rows.length || j < other.rows.length)) {
    const isFirst = j >= other.rows.length || (i < one.rows.length && (one.scores[i] ?? 0) >= (other.scores[j] ?? 0));
    const [from, at] = isFirst ? [one, i++] : [other, j++];
    rows.push(from.rows[at] ?? 0);
    scores.push(from.scores[at] ?? 0);
  }
  return { rows: Uint32Array.from(rows), scores };
}

function mean(terms: readonly Term[], scores: ReadonlyMap<number, number>): number {
  return terms.reduce((sum, { row, weight }) => sum + weight * (scores.get(row) ?? 0), 0);
}

function logOfMean(terms: readonly Term[], scores: ReadonlyMap<number, number>): number {
  const most = Math.max(...terms.map(({ row }) => scores.get(row) ?? 0));
  return most + Math.log(terms.reduce((sum, { row, weight }) => sum + weight * Math.exp((scores.get(row) ?? 0) - most), 0));
}

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
