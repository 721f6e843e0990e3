import type { Yield } from "../../model/yield.ts";
import { toSixDecimals } from "../catalogue/named.ts";
import { fold, workOf } from "../catalogue/names.ts";
import type { Catalogue } from "./scope.ts";
import type { RankedRows } from "../vectors/heap.ts";

/** Which of the ranked songs to answer, and in which order. */
export interface Page {
  /** A whole number from 1; so many items come back while the catalogue has them. */
  readonly limit: number;
  /** So many of the first are left out; 0 by default. Pages put together are the one long answer. */
  readonly offset?: number;
  /** Songs with a lower score are left out. */
  readonly minScore?: number;
  /** `one`: of songs with the same title and artist the best, and none where the question has one; see `workOf`. */
  readonly versions?: "all" | "one";
  /** At most so many songs of an artist; those whose artist is unknown do not count. */
  readonly maxPerArtist?: number;
  /** 0, the default, to 1: how much a song is put back for being like those before it. */
  readonly diversity?: number;
  /** −1 to 1: favours what is rarely played, or the most played; 0 by default. */
  readonly popularity?: number;
}

/** Songs among which diversity chooses: the first so many, the next so many … */
const blockLength = 200;
/** So many of the best songs are put in another order by the dial of popularity; those behind stay behind. */
const dialled = 300;

/** How many of the best songs a page takes, as a first guess: multiply it while `pageOf` has not enough. */
export function firstGuess({ limit, offset = 0, versions, maxPerArtist, diversity = 0, popularity = 0 }: Page): number {
  const needed = kept(limit + offset, diversity);
  const isThinned = maxPerArtist !== undefined || versions === "one";
  return Math.max(isThinned ? 2 * needed + 50 : needed, popularity === 0 ? 0 : dialled);
}

/**
 * The page of a ranking: the dial of popularity turned, then cut at `minScore`, thinned by artist and version, and then
 * diversified. Each step keeps the songs before a place the same however many come after it, so pages fit each other.
 *
 * @param asked rows whose versions are not to come again
 * @param isAll whether there are no songs beyond these
 * @returns undefined where it takes more songs
 */
export async function pageOf(
  page: Page,
  ranking: RankedRows,
  isAll: boolean,
  asked: readonly number[],
  catalogue: Catalogue,
  pause: Yield,
): Promise<RankedRows | undefined> {
  const { limit, offset = 0, diversity = 0, popularity = 0 } = page;
  const turned = popularity === 0 ? ranking : turnDial(ranking, popularity, catalogue);
  const end = offset + limit;
  const needed = kept(end, diversity);
  const { places, isCut } = await thin(turned, page, needed, asked, catalogue, pause);
  if (places.length < needed && !isAll && !isCut) return undefined;

  const order = diversity === 0 ? places : await diversified(places, turned, diversity, offset, end, catalogue, pause);
  const shown = order.slice(offset, end);
  return {
    rows: Uint32Array.from(shown, (place) => turned.rows[place] ?? 0),
    scores: Float64Array.from(shown, (place) => turned.scores[place] ?? 0),
  };
}

function kept(end: number, diversity: number): number {
  return diversity === 0 ? end : Math.ceil(end / blockLength) * blockLength;
}

/** Full on, a standard deviation of the logarithms of plays counts as much as one of the scores. */
function turnDial({ rows, scores }: RankedRows, dial: number, { playsOf }: Catalogue): RankedRows {
  const size = Math.min(dialled, rows.length);
  const best = Float64Array.from({ length: size }, (_, i) => scores[i] ?? 0);
  const plays = standardised(Float64Array.from(rows.subarray(0, size), (row) => Math.log(Math.max(1, playsOf(row)))));
  const scale = dial * deviation(best);
  const turned = best.map((score, i) => score + scale * (plays[i] ?? 0));
  const order = [...turned.keys()].sort((a, b) => (turned[b] ?? 0) - (turned[a] ?? 0) || a - b);
  const lowest = turned[order.at(-1) ?? 0] ?? 0;
  const down = Math.max(0, (scores[size] ?? -Infinity) - lowest);
  return {
    rows: Uint32Array.from(rows, (row, place) => (place < size ? (rows[order[place] ?? 0] ?? 0) : row)),
    scores: Float64Array.from(rows, (_, place) =>
      place < size ? (turned[order[place] ?? 0] ?? 0) : (scores[place] ?? 0) - down,
    ),
  };
}

/** The places of the first `needed` songs that the page lets through. */
async function thin(
  { rows, scores }: RankedRows,
  { minScore = -Infinity, versions, maxPerArtist }: Page,
  needed: number,
  asked: readonly number[],
  { songAt }: Catalogue,
  pause: Yield,
): Promise<{ places: number[]; isCut: boolean }> {
  const works = new Set(versions === "one" ? asked.map((row) => workOf(songAt(row))) : []);
  const artists = new Map<string, number>();
  const places: number[] = [];
  for (let place = 0; place < rows.length && places.length < needed; place++) {
    if (toSixDecimals(scores[place] ?? 0) < minScore) return { places, isCut: true };
    if (versions !== "one" && maxPerArtist === undefined) {
      places.push(place);
      continue;
    }
    if (place % 64 === 63) await pause();
    const song = songAt(rows[place] ?? 0);
    const work = versions === "one" ? workOf(song) : undefined;
    if (work !== undefined && works.has(work)) continue;
    const artist = song.artist === undefined ? undefined : fold(song.artist);
    const before = artist === undefined ? 0 : (artists.get(artist) ?? 0);
    if (maxPerArtist !== undefined && before >= maxPerArtist) continue;
    if (artist !== undefined) artists.set(artist, before + 1);
    works.add(work);
    places.push(place);
  }
  return { places, isCut: false };
}

/**
 * Maximal marginal relevance (Carbonell and Goldstein 1998): the next song is the one with the largest
 * (1 − d) · relevance − d · its largest likeness to one before it. Relevance is the score, likeness the cosine, each
 * over its standard deviation among the songs of a block, for cosines that with the best of them; only songs of the same
 * block count as before it.
 */
async function diversified(
  places: readonly number[],
  { rows, scores }: RankedRows,
  diversity: number,
  offset: number,
  end: number,
  { similarity }: Catalogue,
  pause: Yield,
): Promise<number[]> {
  const order = [...places];
  for (
    let first = Math.floor(offset / blockLength) * blockLength;
    first < Math.min(end, places.length);
    first += blockLength
  ) {
    const block = places.slice(first, first + blockLength).toSorted((a, b) => (rows[a] ?? 0) - (rows[b] ?? 0));
    const blockRows = Uint32Array.from(block, (place) => rows[place] ?? 0);
    const relevance = standardised(Float64Array.from(block, (place) => scores[place] ?? 0));
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

/** The one with the largest value; of equal ones the better ranked. */
function best(items: Iterable<number>, places: readonly number[], valueOf: (item: number) => number): number {
  let found = -1;
  let most = -Infinity;
  for (const item of items) {
    const value = valueOf(item);
    if (found < 0 || value > most || (value === most && (places[item] ?? 0) < (places[found] ?? 0)))
      [found, most] = [item, value];
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
