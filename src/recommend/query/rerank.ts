import type { Yield } from "../../model/yield.ts";
import { toSixDecimals } from "../catalogue/song-summary.ts";
import { canonicalTitle } from "../catalogue/names.ts";
import type { Catalogue } from "./scope.ts";
import type { RankedRows } from "../vectors/heap.ts";

/** Selects and orders the ranked songs of a result. */
export interface Page {
  /** Number of items, at least 1. */
  readonly limit: number;
  /** Number of items to skip; 0 by default. Consecutive pages equal one long result. */
  readonly offset?: number;
  /** Lowest score of a result. */
  readonly minScore?: number;
  /** `one` keeps the best song of each canonical title, and none whose title is in the query; see `canonicalTitle`. */
  readonly versions?: "all" | "one";
  /** Largest number of songs per artist. Songs without an artist key, see `createArtistKey`, are not limited. */
  readonly maxPerArtist?: number;
  /** From 0, the default, to 1: penalty for similarity to previous items. */
  readonly diversity?: number;
  /** From −1, which favours songs in few playlists, to 1, which favours popular ones; 0 by default. */
  readonly popularity?: number;
}

/** Diversity reorders songs within consecutive blocks of this length. */
const blockLength = 200;
/** The popularity option reorders this many of the best songs. */
const popularityDepth = 300;

/** Estimates how many ranked songs a page needs. The caller increases it while `takePage` returns undefined. */
export function initialDepth({
  limit,
  offset = 0,
  versions,
  maxPerArtist,
  diversity = 0,
  popularity = 0,
}: Page): number {
  const needed = depthFor(limit + offset, diversity);
  const isLimited = maxPerArtist !== undefined || versions === "one";
  return Math.max(isLimited ? 2 * needed + 50 : needed, popularity === 0 ? 0 : popularityDepth);
}

/**
 * Takes a page of a ranking. It applies `popularity`, then `minScore`, the limits per artist and version, and
 * `diversity`. A longer ranking does not change earlier results of any step, so that consecutive pages are consistent.
 *
 * @param isAll whether the ranking has all songs
 * @param queryRows rows of the query songs, whose versions are excluded
 * @returns undefined if the page needs a longer ranking
 */
export async function takePage(
  page: Page,
  ranking: RankedRows,
  isAll: boolean,
  queryRows: readonly number[],
  catalogue: Catalogue,
  pause: Yield,
): Promise<RankedRows | undefined> {
  const { limit, offset = 0, diversity = 0, popularity = 0 } = page;
  const adjusted = popularity === 0 ? ranking : applyPopularity(ranking, popularity, catalogue);
  const end = offset + limit;
  const needed = depthFor(end, diversity);
  const { indices, isCut } = await applyLimits(adjusted, page, needed, queryRows, catalogue, pause);
  if (indices.length < needed && !isAll && !isCut) return undefined;

  const order =
    diversity === 0 ? indices : await diversify(indices, adjusted, diversity, offset, end, catalogue, pause);
  const pageIndices = order.slice(offset, end);
  return {
    rows: Uint32Array.from(pageIndices, (index) => adjusted.rows[index] ?? 0),
    scores: Float64Array.from(pageIndices, (index) => adjusted.scores[index] ?? 0),
  };
}

function depthFor(end: number, diversity: number): number {
  return diversity === 0 ? end : Math.ceil(end / blockLength) * blockLength;
}

/** Adds the standardised logarithm of the popularity to the scores. At 1, a standard deviation of both has the same weight. */
function applyPopularity({ rows, scores }: RankedRows, popularity: number, { popularityOf }: Catalogue): RankedRows {
  const size = Math.min(popularityDepth, rows.length);
  const bestScores = Float64Array.from({ length: size }, (_, i) => scores[i] ?? 0);
  const logCounts = standardised(
    Float64Array.from(rows.subarray(0, size), (row) => Math.log(Math.max(1, popularityOf(row)))),
  );
  const scale = popularity * deviation(bestScores);
  const adjusted = bestScores.map((score, i) => score + scale * (logCounts[i] ?? 0));
  const order = [...adjusted.keys()].sort((a, b) => (adjusted[b] ?? 0) - (adjusted[a] ?? 0) || a - b);
  const lowest = adjusted[order.at(-1) ?? 0] ?? 0;
  const shift = Math.max(0, (scores[size] ?? -Infinity) - lowest);
  return {
    rows: Uint32Array.from(rows, (row, index) => (index < size ? (rows[order[index] ?? 0] ?? 0) : row)),
    scores: Float64Array.from(rows, (_, index) =>
      index < size ? (adjusted[order[index] ?? 0] ?? 0) : (scores[index] ?? 0) - shift,
    ),
  };
}

/** Returns the indices of the first `needed` songs within the limits of the page. */
async function applyLimits(
  { rows, scores }: RankedRows,
  { minScore = -Infinity, versions, maxPerArtist }: Page,
  needed: number,
  queryRows: readonly number[],
  { songAt, artistKey }: Catalogue,
  pause: Yield,
): Promise<{ indices: number[]; isCut: boolean }> {
  const titles = new Set(versions === "one" ? queryRows.map((row) => canonicalTitle(songAt(row), artistKey)) : []);
  const artists = new Map<string, number>();
  const indices: number[] = [];
  for (let index = 0; index < rows.length && indices.length < needed; index++) {
    if (toSixDecimals(scores[index] ?? 0) < minScore) return { indices, isCut: true };
    if (versions !== "one" && maxPerArtist === undefined) {
      indices.push(index);
      continue;
    }
    if (index % 64 === 63) await pause();
    const song = songAt(rows[index] ?? 0);
    const title = versions === "one" ? canonicalTitle(song, artistKey) : undefined;
    if (title !== undefined && titles.has(title)) continue;
    const artist = song.artist === undefined ? undefined : artistKey(song.artist);
    const before = artist === undefined ? 0 : (artists.get(artist) ?? 0);
    if (maxPerArtist !== undefined && before >= maxPerArtist) continue;
    if (artist !== undefined) artists.set(artist, before + 1);
    titles.add(title);
    indices.push(index);
  }
  return { indices, isCut: false };
}

/**
 * Maximal marginal relevance (Carbonell and Goldstein 1998): the next song has the largest value of (1 − d) · relevance
 * − d · max similarity to the previous songs of its block. Relevance is the score, divided by its standard deviation in
 * the block. Similarity is the cosine, divided by the standard deviation of cosines with the best song.
 */
async function diversify(
  indices: readonly number[],
  { rows, scores }: RankedRows,
  diversity: number,
  offset: number,
  end: number,
  { similarity }: Catalogue,
  pause: Yield,
): Promise<number[]> {
  const order = [...indices];
  for (
    let first = Math.floor(offset / blockLength) * blockLength;
    first < Math.min(end, indices.length);
    first += blockLength
  ) {
    const block = indices.slice(first, first + blockLength).toSorted((a, b) => (rows[a] ?? 0) - (rows[b] ?? 0));
    const blockRows = Uint32Array.from(block, (index) => rows[index] ?? 0);
    const relevance = standardised(Float64Array.from(block, (index) => scores[index] ?? 0));
    const nearest = new Float64Array(block.length).fill(-Infinity);
    const left = new Set(block.keys());
    let scale = 1;
    for (let at = first; at < first + block.length && at < end; at++) {
      await pause();
      const next = best(
        left,
        block,
        (i) => (1 - diversity) * (relevance[i] ?? 0) - (at === first ? 0 : diversity * (nearest[i] ?? 0)),
      );
      left.delete(next);
      order[at] = block[next] ?? 0;
      const cosines = similarity(blockRows[next] ?? 0, blockRows);
      if (at === first) scale = deviation(Float64Array.from(left, (i) => cosines[i] ?? 0)) || 1;
      for (const i of left) nearest[i] = Math.max(nearest[i] ?? 0, (cosines[i] ?? 0) / scale);
    }
  }
  return order;
}

/** Returns the item with the largest value; with ties the better ranked one. */
function best(items: Iterable<number>, indices: readonly number[], valueOf: (item: number) => number): number {
  let found = -1;
  let largest = -Infinity;
  for (const item of items) {
    const value = valueOf(item);
    if (found < 0 || value > largest || (value === largest && (indices[item] ?? 0) < (indices[found] ?? 0)))
      [found, largest] = [item, value];
  }
  return found;
}

function standardised(values: Float64Array): Float64Array {
  const mean = meanOf(values);
  const scale = deviation(values);
  return values.map((value) => (scale === 0 ? 0 : (value - mean) / scale));
}

function deviation(values: Float64Array): number {
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length));
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
