import type { Companions } from './companions.ts';
import { type Excluded, excludes } from './mask.ts';
import type { Term } from './mean.ts';
import { type Ask, createNeighbours, kinds, neighbourKinds } from './neighbours.ts';
import type { PlaylistIndex } from './playlist-index.ts';
import { largestOf } from './selection.ts';
import type { WordScores } from './word-scores.ts';

/** What is known of a candidate, each a number that a blend has a weight for. */
export const channels = ['neighbours', 'neighboursSquared', 'neighboursNear', 'neighboursAny', 'neighboursAnySquared', 'companions', 'next', 'context', 'contextLatest', 'similarity', 'popularity'] as const;
export type Channel = (typeof channels)[number];
export const width = channels.length;

export interface Evidence {
  /** The candidates, ascending [n] */
  readonly rows: Uint32Array;
  /** [n, channels] */
  readonly values: Float32Array;
}

export interface EvidenceSources {
  /** Plays of each song [V] */
  readonly counts: Uint32Array;
  readonly index: PlaylistIndex;
  readonly companionsOf: (row: number) => Companions;
  readonly words: WordScores;
  /** Whether context scores are logarithms of probabilities; else they are of no known scale. */
  readonly hasTree: boolean;
}

/** Steps back through the question after which a song counts 1 / e. */
const recency = 0.15;
const latest = 0.5;
/** Of a longer question only the latest songs are looked for in playlists. */
const longestQuestion = 200;
/** Candidates that each way of counting brings in. */
const candidatesEach = 150;
/** Less than this share of the best score is as good as none. */
const floor = 0.002;

/**
 * Gathers what playlists and vectors say of the songs that may follow a question.
 * @returns candidates: the best of each channel, or just `only`
 */
export function createEvidence({ counts, index, companionsOf, words, hasTree }: EvidenceSources): (terms: readonly Term[], excluded: Excluded, only?: Uint32Array) => Evidence {
  const neighboursOf = createNeighbours(index);
  const logCounts = Float32Array.from(counts, (count) => Math.log(Math.max(1, count)));
  const near = new Float32Array(counts.length);
  const next = new Float32Array(counts.length);

  function meetCompanions(asked: readonly Ask[]): number[] {
    const found: number[] = [];
    for (const { row, recent, weight } of asked) {
      const companions = companionsOf(row);
      const rarity = 1 / Math.sqrt(Math.max(1, counts[row] as number));
      const [nearWeight, nextWeight] = [recent * rarity, (weight > 0 ? recent * recent : recent) * rarity];
      companions.rows.forEach((other, i) => {
        if (near[other] === 0) found.push(other);
        near[other] = (near[other] as number) + nearWeight * (companions.near[i] as number);
        next[other] = (next[other] as number) + nextWeight * (companions.next[i] as number);
      });
    }
    return found;
  }

  return (terms, excluded, only) => {
    const asked = askOf(terms);
    const out = excludes(excluded);
    const neighbourhood = neighboursOf(asked);
    const { evidence } = neighbourhood;
    const companions = meetCompanions(asked);
    const recentTerms = weighted(terms, recency);
    const latestTerms = weighted(terms, latest);

    const rows = only ?? candidates();
    const values = new Float32Array(rows.length * width);
    const put = (channel: Channel, scores: ArrayLike<number>) => {
      const at = channels.indexOf(channel);
      for (let i = 0; i < rows.length; i++) values[i * width + at] = scores[i] as number;
    };
    neighbourKinds.forEach((_, kind) => put(channels[kind] as Channel, logShares(Array.from(rows, (row) => evidence[row * kinds + kind] as number))));
    put('companions', logShares(Array.from(rows, (row) => near[row] as number)));
    put('next', logShares(Array.from(rows, (row) => next[row] as number)));
    put('context', centred(words.context(recentTerms, rows), hasTree));
    put('contextLatest', centred(words.context(latestTerms, rows), hasTree));
    put('similarity', centred(words.similarity(terms, rows), false));
    put('popularity', Array.from(rows, (row) => logCounts[row] as number));
    neighbourhood.clear();
    for (const row of companions) near[row] = next[row] = 0;
    return { rows, values };

    function candidates(): Uint32Array {
      const allowed = (found: readonly number[]) => found.filter((row) => !out.has(row));
      const [ofNeighbours, ofCompanions] = [allowed(neighbourhood.rows), allowed(companions)];
      const best = [
        ...neighbourKinds.map((_, kind) => largestOf(ofNeighbours, candidatesEach, (row) => evidence[row * kinds + kind] as number)),
        largestOf(ofCompanions, candidatesEach, (row) => near[row] as number),
        largestOf(ofCompanions, candidatesEach, (row) => next[row] as number),
        words.nearest(recentTerms, candidatesEach, excluded).rows,
      ];
      return Uint32Array.from(new Set(best.flatMap((found) => [...found]))).sort();
    }
  };
}

/** The latest songs of a question, the last one most recent; a dislike has no place in it. */
export function askOf(terms: readonly Term[]): Ask[] {
  const fading = weighted(terms, recency);
  return terms.map(({ row, weight }, i) => ({ row, weight, recent: fading[i]?.weight ?? weight })).slice(-longestQuestion);
}

function weighted(terms: readonly Term[], decay: number): Term[] {
  const likes = terms.filter(({ weight }) => weight > 0).length;
  let passed = 0;
  return terms.map(({ row, weight }) => (weight > 0 ? { row, weight: weight * Math.exp(-decay * (likes - 1 - passed++)) } : { row, weight }));
}

/** The logarithm of each score's share of the best one. */
function logShares(scores: readonly number[]): number[] {
  const best = scores.reduce((most, score) => Math.max(most, score), 0);
  return scores.map((score) => Math.log((best > 0 ? Math.max(0, score) / best : 0) + floor));
}

/** Logarithms of probabilities need only be centred; others are standardised. */
function centred(scores: Float32Array, isLogarithm: boolean): Float32Array {
  const mean = scores.reduce((sum, score) => sum + score, 0) / Math.max(1, scores.length);
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / Math.max(1, scores.length);
  const scale = isLogarithm || variance === 0 ? 1 : 1 / Math.sqrt(variance);
  return scores.map((score) => (score - mean) * scale);
}
