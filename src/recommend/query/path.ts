import { type Yield, yieldEvery } from "../../model/yield.ts";
import { type SongSummary, toSixDecimals } from "../catalogue/song-summary.ts";
import { summarizeAnySong, type ColdStartEmbeddings, rowOf } from "../cold-start/embeddings.ts";
import type { Search } from "../pool/search.ts";
import { type SongVectors, createSongVectors } from "../cold-start/song-vectors.ts";
import { topK } from "../vectors/top-k.ts";

export interface SongPath {
  readonly modelVersion: number;
  /** The path with both ends; one song if they are the same. */
  readonly items: (SongSummary & { readonly cosine: number | null; readonly provisional?: true })[];
  /** Cosine of the two ends. */
  readonly direct: number;
  /** Lowest cosine of a step. */
  readonly weakest: number;
}

/**
 * Finds a path between two songs, with names and cosines.
 *
 * @param between number of songs between the ends
 * @throws SONG_NOT_FOUND
 */
export async function describePath(
  search: PathSearch,
  coldStart: ColdStartEmbeddings,
  from: string,
  to: string,
  between: number,
): Promise<SongPath> {
  const { model } = search;
  const [first, last] = [rowOf(model, coldStart, from), rowOf(model, coldStart, to)];
  const steps = await findPath(search, coldStart, first, last, between);
  const items = steps.map(({ row, cosine }) => ({
    ...summarizeAnySong(model, coldStart, row),
    cosine: cosine === null ? null : toSixDecimals(cosine),
  }));
  const direct = toSixDecimals(cosineOf(createSongVectors(search, coldStart), first, last));
  return {
    modelVersion: model.version,
    items,
    direct,
    weakest: Math.min(...items.slice(1).map(({ cosine }) => cosine ?? 1), 1),
  };
}

type PathSearch = Pick<Search, "model" | "nearest" | "scoresOf">;

/** A song of a path. */
export interface Step {
  readonly row: number;
  /** Cosine with the previous song; null for the first. */
  readonly cosine: number | null;
}

/** Songs near each point that become candidates. */
const songsPerPoint = 400;
/** Candidates of the path search. */
const maxCandidates = 300;
/** Shorter sums of two unit vectors are not normalised. */
const minLength = 1e-6;
/** The cost of a step is (1 − cosine) to this power, so that large steps dominate. */
const costExponent = 8;

/**
 * Finds a path from one song to another on which each song is similar to the previous one.
 *
 * Candidates are the songs near the great circle between the two unit vectors, and cold-start songs. The search keeps
 * those most similar to both ends, and orders them by the difference of the cosines with the two ends. Among all paths
 * that respect this order, dynamic programming finds the one with the lowest sum of (1 − cosine)⁸.
 *
 * @param between number of songs between the ends; fewer if there are not enough candidates
 * @param pause awaited between rows of the cosine matrix, to yield to the event loop
 * @returns the path with both ends, without repeated songs; one step if the ends are the same
 */
export async function findPath(
  search: PathSearch,
  coldStart: ColdStartEmbeddings,
  from: number,
  to: number,
  between: number,
  pause: Yield = yieldEvery(),
): Promise<Step[]> {
  if (from === to) return [{ row: from, cosine: null }];
  const { model, nearest } = search;
  const vectors = createSongVectors(search, coldStart);
  const ends = [from, to];
  const known = ends.filter((row) => row < model.songs.length);
  const nearPoints = await Promise.all(
    pointsBetween(vectors, from, to, between).map((point) => nearest("input", point, songsPerPoint, known)),
  );
  const coldStartRows = Array.from({ length: coldStart.size }, (_, i) => model.songs.length + i).filter(
    (row) => !ends.includes(row),
  );
  const rows = Uint32Array.from(new Set([...nearPoints.flatMap((each) => [...each.rows]), ...coldStartRows])).sort();
  const [toStart, toEnd] = ends.map((row) => vectors.scoresOf(vectors.unitOf(row), rows));
  const endSimilarity = Float32Array.from(rows, (_, i) => Math.min(toStart?.[i] ?? 0, toEnd?.[i] ?? 0));
  const candidates = Array.from(topK(endSimilarity, maxCandidates, new Set()), (i) => ({
    row: rows[i] ?? 0,
    nearness: (toEnd?.[i] ?? 0) - (toStart?.[i] ?? 0),
  }))
    .toSorted((a, b) => a.nearness - b.nearness)
    .map(({ row }) => row);
  const ordered = [from, ...candidates, to];
  const cosines = await cosinesOf(vectors, ordered, pause);
  const path = cheapestPath(cosines, ordered.length, Math.min(between, candidates.length));
  return path.map((at, i) => ({
    row: ordered[at] ?? 0,
    cosine: i === 0 ? null : (cosines[at * ordered.length + (path[i - 1] ?? 0)] ?? 0),
  }));
}

/** Interpolates unit vectors at even angles. @returns [between][stride] */
function pointsBetween(vectors: SongVectors, from: number, to: number, between: number): Float32Array[] {
  const [start, end] = [vectors.unitOf(from), vectors.unitOf(to)];
  const angle = Math.acos(Math.min(1, Math.max(-1, cosineOf(vectors, from, to))));
  const weight = (share: number) => (angle > 1e-3 ? Math.sin(share * angle) : share);
  return Array.from({ length: between }, (_, i) => {
    const share = (i + 1) / (between + 1);
    const sum = start.map((value, i) => weight(1 - share) * value + weight(share) * (end[i] ?? 0));
    const length = Math.hypot(...sum);
    return length > minLength ? sum.map((value) => value / length) : sum;
  });
}

/** @returns the cosine of each pair of songs [n, n] */
async function cosinesOf(
  { unitOf, scoresOf }: SongVectors,
  rows: readonly number[],
  pause: Yield,
): Promise<Float32Array> {
  const ascending = Uint32Array.from(rows).sort();
  const indices = Array.from(ascending, (row) => rows.indexOf(row));
  const cosines = new Float32Array(rows.length ** 2);
  for (const [at, row] of rows.entries()) {
    await pause();
    for (const [i, cosine] of scoresOf(unitOf(row), ascending).entries())
      cosines[at * rows.length + (indices[i] ?? 0)] = cosine;
  }
  return cosines;
}

/** Finds the cheapest path from the first of n songs to the last through `between` others, in their order. */
function cheapestPath(cosines: Float32Array, n: number, between: number): number[] {
  const costs = cosines.map((cosine) => (1 - cosine) ** costExponent);
  let sums = new Float64Array(n).fill(Infinity);
  sums[0] = 0;
  const predecessors: Uint32Array[] = [];
  for (let step = 0; step <= between; step++) {
    const next = new Float64Array(n).fill(Infinity);
    const predecessor = new Uint32Array(n);
    for (let to = 1; to < n; to++) {
      let best = Infinity;
      for (let from = 0; from < to; from++) {
        const sum = (sums[from] as number) + (costs[to * n + from] as number);
        if (sum >= best) continue;
        best = sum;
        predecessor[to] = from;
      }
      next[to] = best;
    }
    sums = next;
    predecessors.push(predecessor);
  }
  const path = [n - 1];
  for (const predecessor of predecessors.toReversed()) path.unshift(predecessor[path[0] ?? 0] ?? 0);
  return path;
}

function cosineOf({ unitOf, scoresOf }: SongVectors, row: number, other: number): number {
  return scoresOf(unitOf(row), Uint32Array.of(other))[0] ?? 0;
}
