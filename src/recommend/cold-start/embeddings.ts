import { normalizeSongId } from "../../corpus/song-ids.ts";
import { createError } from "../../errors.ts";
import type { Model } from "../../model/model.ts";
import type { Song } from "../../model/format/songs.ts";
import { type Yield, yieldEvery } from "../../model/yield.ts";
import { similarityQuery, type Term } from "../vectors/mean.ts";
import { type SongSummary, summarizeSong } from "../catalogue/song-summary.ts";
import type { ColdStartSong, ColdStartSongs } from "./cold-start-songs.ts";
import type { RankedRows } from "../vectors/heap.ts";
import { topK } from "../vectors/top-k.ts";

/** A cold-start song with its vector in one model. */
export interface ColdStartEmbedding extends SongSummary, Pick<Song, "columns"> {
  /** The known songs that it is similar to; weights sum to 1. */
  readonly terms: readonly Term[];
  /** [stride] Normalised mean of the unit vectors of `terms`. */
  readonly unit: Float32Array;
}

/**
 * The cold-start songs of a model with V songs. They have the rows from V on. Songs that the model knows are left out.
 */
export interface ColdStartEmbeddings {
  readonly size: number;
  /** In the order of their rows. */
  readonly all: readonly ColdStartEmbedding[];
  /** @returns undefined for a row of the model */
  at(row: number): ColdStartEmbedding | undefined;
  rowOf(songId: string): number | undefined;
  /** Ranks by cosine. @param query a unit vector [stride] */
  similar(query: Float32Array, isExcluded: IsExcluded): ColdStartRanking;
  /** Ranks in insertion order with a score of 0. */
  unplayed(isExcluded: IsExcluded): ColdStartRanking;
  /**
   * Ranks by the weighted mean of the reference scores.
   *
   * @param scoreSongs writes the scores of at least `references` into an array by row [V]
   * @param areLogScores scores are log-odds or log-probabilities: use the logarithm of the mean of their exponentials
   */
  scored(scoreSongs: (scores: Float64Array) => void, areLogScores: boolean, isExcluded: IsExcluded): ColdStartRanking;
  /** Rows of the known songs that any cold-start song refers to, ascending. */
  readonly references: Uint32Array;
}

/** Returns the `count` best songs, best first; equal scores are in insertion order. */
export type ColdStartRanking = (count: number) => RankedRows;

/** Whether a cold-start song is excluded from the result. */
export type IsExcluded = (song: ColdStartEmbedding) => boolean;

/**
 * Computes the vectors of cold-start songs in a model.
 *
 * @param pause awaited for each song at the start, to yield to the event loop
 * @returns a function that gives the current embeddings; it computes only changed ones
 */
export async function createColdStartEmbeddings(
  model: Model,
  songs: ColdStartSongs,
  pause: Yield = yieldEvery(),
): Promise<() => ColdStartEmbeddings> {
  let embeddings = new Map<ColdStartSong, ColdStartEmbedding | undefined>();
  let revision: number | undefined;
  let current = collectEmbeddings(model, []);

  const first = [...songs];
  for (const song of first) {
    await pause();
    embeddings.set(song, embedColdStartSong(model, song));
  }

  return () => {
    if (songs.revision === revision) return current;
    revision = songs.revision;
    const previous = embeddings;
    embeddings = new Map(
      [...songs].map((song) => [song, previous.has(song) ? previous.get(song) : embedColdStartSong(model, song)]),
    );
    current = collectEmbeddings(
      model,
      [...embeddings.values()].filter((song) => song !== undefined),
    );
    return current;
  };
}

/**
 * Computes the vector of a cold-start song. Missing titles and artists come from the catalogue of the model.
 *
 * @returns undefined if the model knows the song, or none of its references
 */
export function embedColdStartSong(
  model: Model,
  { references, ...own }: ColdStartSong,
): ColdStartEmbedding | undefined {
  if (model.rows.get(own.songId) !== undefined) return undefined;
  const songId = normalizeSongId(own.songId, model.manifest.songIds);
  const found = references.map(({ songId: id, weight }) => ({ row: model.rows.get(id), weight }));
  const rows = found.flatMap(({ row, weight }) => (row === undefined ? [] : [{ row, weight }]));
  if (rows.length === 0) return undefined;
  const sum = rows.reduce((all, { weight }) => all + weight, 0);
  const terms = rows.map(({ row, weight }) => ({ row, weight: weight / sum }));
  return { ...catalogueMetadata(model, songId), ...own, songId, terms, unit: similarityQuery(model, terms) };
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

/** @param embeddings with two spellings of one id, the later counts */
function collectEmbeddings(
  { counts, manifest }: Model,
  embeddings: readonly ColdStartEmbedding[],
): ColdStartEmbeddings {
  const songs = counts.length;
  const all = [...new Map(embeddings.map((song) => [song.songId, song])).values()];
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
    at: (row) => (row < songs ? undefined : all[row - songs]), // a negative index would be a slow property lookup
    rowOf: (songId) => rowById.get(songId) ?? rowById.get(normalizeSongId(songId, manifest.songIds)),
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

/** Returns the id of a song as responses name it, for any spelling of it. */
export function canonicalId(
  model: Pick<Model, "rows" | "songs" | "manifest">,
  coldStart: ColdStartEmbeddings,
  songId: string,
): string {
  const row = findRow(model, coldStart, songId);
  return row === undefined
    ? normalizeSongId(songId, model.manifest.songIds)
    : summarizeAnySong(model, coldStart, row).songId;
}

/** Finds the row of a known song or cold-start song. */
export function findRow(
  { rows }: Pick<Model, "rows">,
  coldStart: ColdStartEmbeddings,
  songId: string,
): number | undefined {
  return rows.get(songId) ?? coldStart.rowOf(songId);
}

/** The same as `findRow`. @throws SONG_NOT_FOUND */
export function rowOf(model: Pick<Model, "rows" | "version">, coldStart: ColdStartEmbeddings, songId: string): number {
  const row = findRow(model, coldStart, songId);
  if (row === undefined) throw createError("SONG_NOT_FOUND", { songId, modelVersion: model.version });
  return row;
}

/** The same as `summarizeSong`, for known songs and cold-start songs. */
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

/** Merges two rankings into one of at most `count` songs. With equal scores, songs of `one` come first. */
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
  let largest = -Infinity;
  for (const { row } of terms) largest = Math.max(largest, scores[row] ?? 0);
  let sum = 0;
  for (const { row, weight } of terms) sum += weight * Math.exp((scores[row] ?? 0) - largest);
  return largest + Math.log(sum);
}

/** Dot product, with four independent sums for instruction-level parallelism. @param a, b [stride], a multiple of 4 */
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
