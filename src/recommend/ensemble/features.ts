import type { Excluded } from "../catalogue/mask.ts";
import type { Term } from "../vectors/mean.ts";
import type { VectorScores } from "../vectors/vector-scores.ts";
import { createCandidateSelector } from "./candidates.ts";
import { type CooccurringSongs, createCooccurrenceSums } from "./cooccurrence.ts";
import { type FindNeighbours, neighbourFeatures } from "./neighbours.ts";
import { occurrencesIn, repeatFeatures, writeRepeatFeatures } from "./repeats.ts";
import { latestDecay, recencyDecay, toQuerySongs, withDecay } from "./recency.ts";
import { center, standardize, toLogRatios } from "./scaling.ts";

/** Columns of the feature matrix. The names are keys of the weights in model.json, so they can't change. */
export const featureNames = [
  ...neighbourFeatures,
  "companions",
  "next",
  "context",
  "contextLatest",
  "nextSong",
  "similarity",
  "popularity",
  ...repeatFeatures,
] as const;
export type FeatureName = (typeof featureNames)[number];
export type FeatureWeights = Readonly<Record<FeatureName, number>>;
export const featureCount = featureNames.length;

/** Cosines of next-song vectors are divided by this: the temperature of the softmax that they are trained with. */
const nextSongTemperature = 0.1;
/** Only songs of the latest plays are candidates as repeats. */
const maxRepeats = 200;

export interface CandidateFeatures {
  /** [n] Candidate rows, ascending. */
  readonly rows: Uint32Array;
  /** [n, featureCount] */
  readonly values: Float32Array;
}

export interface FeatureSources {
  /** [V] Plays of each song. */
  readonly counts: Uint32Array;
  /** [V] Playlists with each song. */
  readonly playlistCounts: Uint32Array;
  readonly findNeighbours: FindNeighbours;
  readonly cooccurringSongs: (row: number) => CooccurringSongs;
  readonly vectors: VectorScores;
  /** The model has a Huffman tree (hierarchical softmax), so context scores are log-probabilities. */
  readonly hasTree: boolean;
  /** [V] How often each song is repeated. */
  readonly repeatRates: Float32Array;
}

/**
 * @param only rows to compute features for; by default candidates are selected
 * @param weights vector features whose weight is 0 are skipped and stay 0
 * @param history rows of the query in order, with repeats: its songs are candidates too
 */
export type ExtractFeatures = (
  terms: readonly Term[],
  excluded: Excluded,
  only?: Uint32Array,
  weights?: FeatureWeights,
  history?: readonly number[],
) => CandidateFeatures;

/** Computes the features of candidates for a query, from playlists and vectors. */
export function createFeatureExtractor(sources: FeatureSources): ExtractFeatures {
  const { counts, playlistCounts, repeatRates, findNeighbours, cooccurringSongs, vectors, hasTree } = sources;
  const logCounts = new Float32Array(counts.length);
  for (const [row, count] of playlistCounts.entries()) logCounts[row] = Math.log(Math.max(1, count));
  const sumCooccurrence = createCooccurrenceSums(counts, cooccurringSongs);
  const selectCandidates = createCandidateSelector(counts.length, vectors);
  const scaleContext = hasTree ? center : standardize;

  return (terms, excluded, only, weights, history = []) => {
    const occurrences = occurrencesIn(history.slice(-maxRepeats));
    const songs = toQuerySongs(terms);
    const neighbours = findNeighbours(songs);
    const cooccurrence = sumCooccurrence(songs);
    const contextQuery = vectors.contextQuery(withDecay(terms, recencyDecay));
    const nextSongQuery = vectors.nextSongQuery(terms);
    const repeats = [...occurrences.keys()];
    const rows = only ?? selectCandidates({ neighbours, cooccurrence, contextQuery, nextSongQuery, excluded, repeats });
    const values = new Float32Array(rows.length * featureCount);
    const isUsed = (name: FeatureName) => !weights || weights[name] !== 0;

    function setColumn(name: FeatureName, column: Float32Array): void {
      const offset = featureNames.indexOf(name);
      for (let i = 0; i < rows.length; i++) values[i * featureCount + offset] = column[i] as number;
    }

    for (const [column, name] of neighbourFeatures.entries())
      setColumn(name, toLogRatios(gather(neighbours.sums, rows, neighbourFeatures.length, column)));
    setColumn("companions", toLogRatios(gather(cooccurrence.near, rows)));
    setColumn("next", toLogRatios(gather(cooccurrence.next, rows)));
    if (isUsed("context") || isUsed("contextLatest")) {
      const latestQuery = vectors.contextQuery(withDecay(terms, latestDecay));
      const [recent, latest] = vectors.contextScores(contextQuery, latestQuery, rows);
      setColumn("context", scaleContext(recent));
      setColumn("contextLatest", scaleContext(latest));
    }
    if (nextSongQuery && isUsed("nextSong"))
      setColumn("nextSong", center(vectors.nextSongScores(nextSongQuery, rows), 1 / nextSongTemperature));
    if (isUsed("similarity")) setColumn("similarity", standardize(vectors.similarityScores(terms, rows)));
    setColumn("popularity", gather(logCounts, rows));
    const repeatOffset = featureNames.indexOf("repeated");
    for (const [row, occurrence] of occurrences) {
      const i = rows.indexOf(row);
      if (i >= 0) writeRepeatFeatures(values, i * featureCount + repeatOffset, occurrence, repeatRates[row] as number);
    }
    neighbours.clear();
    cooccurrence.clear();
    return { rows, values };
  };
}

/** Reads one column for some rows. @param matrix [V, columns] @returns [rows.length] */
function gather(matrix: Float32Array, rows: Uint32Array, columns = 1, column = 0): Float32Array {
  const gathered = new Float32Array(rows.length);
  for (let i = 0; i < rows.length; i++) gathered[i] = matrix[(rows[i] as number) * columns + column] as number;
  return gathered;
}
