import { createError } from "../../errors.ts";
import type { Model } from "../../model/model.ts";
import type { Song } from "../../model/format/songs.ts";
import { type Yield, yieldEvery } from "../../model/yield.ts";
import { similarityQuery, type Term } from "../vectors/mean.ts";
import { type SongSummary, summarizeSong } from "../catalogue/song-summary.ts";
import type { ColdStartSong, ColdStartSongs } from "./cold-start-songs.ts";
import type { RankedRows } from "../vectors/heap.ts";
import { topK } from "../vectors/top-k.ts";

/** A provisional song as one model sees it. */
export interface ColdStartEmbedding extends SongSummary, Pick<Song, "columns"> {
  /** The songs of the model that stand for it; their weights sum to 1. */
  readonly terms: readonly Term[];
  /** The mean of their unit vectors, made a unit vector [stride] */
  readonly unit: Float32Array;
}

/**
 * The provisional songs beside a model of V songs, which takes no notice of them; those that it knows itself are none.
 * They have the rows from V on.
 */
export interface ColdStartEmbeddings {
  readonly size: number;
  /** In the order of their rows. */
  readonly all: readonly ColdStartEmbedding[];
  /** undefined for a row of the model */
  at(row: number): ColdStartEmbedding | undefined;
  rowOf(songId: string): number | undefined;
  /** By their cosines with a unit vector, the best first. */
  similar(query: Float32Array, isExcluded: IsExcluded): ColdStartRanking;
  /** In the order they came in, each with a score of 0. */
  unplayed(isExcluded: IsExcluded): ColdStartRanking;
  /**
   * By what their references score, the best first: the mean, or for scores that are logarithms, of odds or of
   * probabilities, the logarithm of the mean.
   *
   * @param scoreSongs writes at least the scores of references, by their rows [V]
   */
  scored(scoreSongs: (scores: Float64Array) => void, areLogScores: boolean, isExcluded: IsExcluded): ColdStartRanking;
  /** The songs of the model that stand for any of them, ascending. */
  readonly references: Uint32Array;
}

/** As many as are asked for; of equal scores in the order they came in. */
export type ColdStartRanking = (count: number) => RankedRows;

/** Whether a newcomer may not be answered. */
export type IsExcluded = (song: ColdStartEmbedding) => boolean;

/**
 * Looks at the songs as they are now; only what has changed since the last look is worked out anew. All that are there at
 * the start are worked out in slices.
 */
export async function createColdStartEmbeddings(
  model: Model,
  songs: ColdStartSongs,
  pause: Yield = yieldEvery(),
): Promise<() => ColdStartEmbeddings> {
  let known = new Map<ColdStartSong, ColdStartEmbedding | undefined>();
  let revision: number | undefined;
  let current = collectEmbeddings(model, []);

  const first = [...songs];
  for (const song of first) {
    await pause();
    known.set(song, embedColdStartSong(model, song));
  }

  return () => {
    if (songs.revision === revision) return current;
    revision = songs.revision;
    const before = known;
    known = new Map(
      [...songs].map((song) => [song, before.has(song) ? before.get(song) : embedColdStartSong(model, song)]),
    );
    current = collectEmbeddings(
      model,
      [...known.values()].filter((song) => song !== undefined),
    );
    return current;
  };
}

/**
 * What is not known of its title and artist is as in the catalogue of the model, where that has the song.
 *
 * @returns undefined where the model knows the song, or none that it is like
 */
export function embedColdStartSong(
  model: Model,
  { references, ...own }: ColdStartSong,
): ColdStartEmbedding | undefined {
  const { songId } = own;
  if (model.rows.get(songId) !== undefined) return undefined;
  const found = references.map(({ songId: id, weight }) => ({ row: model.rows.get(id), weight }));
  const rows = found.flatMap(({ row, weight }) => (row === undefined ? [] : [{ row, weight }]));
  if (rows.length === 0) return undefined;
  const sum = rows.reduce((all, { weight }) => all + weight, 0);
  const terms = rows.map(({ row, weight }) => ({ row, weight: weight / sum }));
  return { ...catalogueMetadata(model, songId), ...own, terms, unit: similarityQuery(model, terms) };
}

function catalogueMetadata({ untrained }: Model, songId: string): Pick<Song, "title" | "artist" | "columns"> {
  const row = untrained?.rows.get(songId);
  const { title, artist, columns } = (row === undefined ? undefined : untrained?.songs.at(row)) ?? {};
  return {
    ...(title !== undefined && { title }),
    ...(artist !== undefined && { artist }),
    ...(columns && { columns }),
  };
}

function collectEmbeddings({ counts }: Model, all: readonly ColdStartEmbedding[]): ColdStartEmbeddings {
  const songs = counts.length;
  const rowById = new Map(all.map(({ songId }, i) => [songId, songs + i]));
  let scores: Float64Array | undefined;
  let references: Uint32Array | undefined;

  function ranked(scoreOf: (song: ColdStartEmbedding) => number, isExcluded: IsExcluded): ColdStartRanking {
    const values = new Float32Array(all.length);
    const excluded = new Set<number>();
    for (const [index, song] of all.entries()) {
      if (isExcluded(song)) excluded.add(index);
      else values[index] = scoreOf(song);
    }
    return (count) => {
      const rankedIndices = topK(values, count, excluded);
      return {
        rows: rankedIndices.map((index) => songs + index),
        scores: Float32Array.from(rankedIndices, (index) => values[index] ?? 0),
      };
    };
  }

  return {
    size: all.length,
    all,
    at: (row) => (row < songs ? undefined : all[row - songs]), // a negative index would be looked for by its name
    rowOf: (songId) => rowById.get(songId),
    similar: (query, isExcluded) => ranked(({ unit }) => dot(unit, query), isExcluded),
    unplayed: (isExcluded) => ranked(() => 0, isExcluded),
    get references() {
      return (references ??= referencesOf(all, songs));
    },
    scored(scoreSongs, areLogScores, isExcluded) {
      const values = (scores ??= new Float64Array(songs));
      scoreSongs(values);
      return ranked(({ terms }) => (areLogScores ? logOfMean(terms, values) : mean(terms, values)), isExcluded);
    },
  };
}

function referencesOf(all: readonly ColdStartEmbedding[], songs: number): Uint32Array {
  const bits = new Uint8Array(songs);
  for (const { terms } of all) for (const { row } of terms) bits[row] = 1;
  return Uint32Array.from(bits.keys()).filter((row) => bits[row] === 1);
}

/** The row of a song of the model, or of a newcomer. */
export function findRow(
  { rows }: Pick<Model, "rows">,
  coldStart: ColdStartEmbeddings,
  songId: string,
): number | undefined {
  return rows.get(songId) ?? coldStart.rowOf(songId);
}

/** @throws SONG_NOT_FOUND */
export function rowOf(model: Pick<Model, "rows" | "version">, coldStart: ColdStartEmbeddings, songId: string): number {
  const row = findRow(model, coldStart, songId);
  if (row === undefined) throw createError("SONG_NOT_FOUND", { songId, modelVersion: model.version });
  return row;
}

/** What a song is called; a newcomer is marked. */
export function summarizeAnySong(
  model: Pick<Model, "songs">,
  coldStart: ColdStartEmbeddings,
  row: number,
): SongSummary & { readonly provisional?: true } {
  const song = coldStart.at(row);
  return song ? { ...summarizeColdStartSong(song), provisional: true } : summarizeSong(model, row);
}

export function summarizeColdStartSong({ songId, title, artist }: ColdStartEmbedding): SongSummary {
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

function mean(terms: readonly Term[], scores: Float64Array): number {
  let sum = 0;
  for (const { row, weight } of terms) sum += weight * (scores[row] ?? 0);
  return sum;
}

function logOfMean(terms: readonly Term[], scores: Float64Array): number {
  let most = -Infinity;
  for (const { row } of terms) most = Math.max(most, scores[row] ?? 0);
  let sum = 0;
  for (const { row, weight } of terms) sum += weight * Math.exp((scores[row] ?? 0) - most);
  return most + Math.log(sum);
}

/** @param a [stride], a multiple of 4, as is `b`: four sums are added up at once */
export function dot(a: Float32Array, b: Float32Array): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i += 4) {
    s0 += (a[i] as number) * (b[i] as number);
    s1 += (a[i + 1] as number) * (b[i + 1] as number);
    s2 += (a[i + 2] as number) * (b[i + 2] as number);
    s3 += (a[i + 3] as number) * (b[i + 3] as number);
  }
  return s0 + s1 + s2 + s3;
}
