import type { Companions } from "./cooccurrence.ts";
import { type Excluded, hasBit } from "../catalogue/mask.ts";
import type { Term } from "../vectors/mean.ts";
import { type Ask, type createNeighbours, kinds, neighbourKinds } from "./neighbours.ts";
import { placesOfLargest } from "./selection.ts";
import type { WordScores } from "../vectors/word-scores.ts";

/** What is known of a candidate, each a number that a blend has a weight for. */
export const channels = [
  "neighbours",
  "neighboursSquared",
  "neighboursNear",
  "neighboursAny",
  "neighboursAnySquared",
  "companions",
  "next",
  "context",
  "contextLatest",
  "similarity",
  "popularity",
] as const;
export type Channel = (typeof channels)[number];
export const width = channels.length;
export type Weights = Readonly<Record<Channel, number>>;

export interface Evidence {
  /** The candidates, ascending [n] */
  readonly rows: Uint32Array;
  /** [n, channels] */
  readonly values: Float32Array;
}

export interface EvidenceSources {
  /** Plays of each song [V] */
  readonly counts: Uint32Array;
  readonly neighboursOf: ReturnType<typeof createNeighbours>;
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
const candidatesEach = 64;
/** Less than this share of the best score is as good as none. */
const floor = 0.002;
const [isIn, isOut] = [1, 2];

/**
 * Gathers what playlists and vectors say of the songs that may follow a question.
 * @returns candidates: the best of each channel, or just `only`; channels of vectors that `weights` has nothing for are 0
 */
export function createEvidence({
  counts,
  neighboursOf,
  companionsOf,
  words,
  hasTree,
}: EvidenceSources): (terms: readonly Term[], excluded: Excluded, only?: Uint32Array, weights?: Weights) => Evidence {
  const logCounts = new Float32Array(counts.length);
  for (let row = 0; row < counts.length; row++) logCounts[row] = Math.log(Math.max(1, counts[row] as number));
  const near = new Float32Array(counts.length);
  const next = new Float32Array(counts.length);
  const met = new Uint32Array(counts.length);
  /** While candidates are gathered: which are in, and which are out. */
  const marks = new Uint8Array(counts.length);
  const allowed = new Uint32Array(counts.length);
  const scores = new Float32Array(counts.length);
  const scratch = new Float32Array(counts.length);

  /** Puts the companions of the question's songs into `met`, and returns how many. */
  function meetCompanions(asked: readonly Ask[]): number {
    let count = 0;
    for (const { row, recent, weight } of asked) {
      const companions = companionsOf(row);
      const rarity = 1 / Math.sqrt(Math.max(1, counts[row] as number));
      const [nearWeight, nextWeight] = [recent * rarity, (weight > 0 ? recent * recent : recent) * rarity];
      for (let i = 0; i < companions.rows.length; i++) {
        const other = companions.rows[i] as number;
        if (near[other] === 0) met[count++] = other;
        near[other] = (near[other] as number) + nearWeight * (companions.near[i] as number);
        next[other] = (next[other] as number) + nextWeight * (companions.next[i] as number);
      }
    }
    return count;
  }

  return (terms, excluded, only, weights) => {
    const weighs = (...some: readonly Channel[]) => !weights || some.some((channel) => weights[channel] !== 0);
    const asked = askOf(terms);
    const neighbourhood = neighboursOf(asked);
    const { evidence } = neighbourhood;
    const companions = met.subarray(0, meetCompanions(asked));
    const recentQuery = words.context(weighted(terms, recency));

    const rows = only ?? candidates();
    const values = new Float32Array(rows.length * width);
    const put = (channel: Channel, found: Float32Array) => {
      const at = channels.indexOf(channel);
      for (let i = 0; i < rows.length; i++) values[i * width + at] = found[i] as number;
    };
    neighbourKinds.forEach((_, kind) => put(channels[kind] as Channel, logShares(pick(evidence, rows, kinds, kind))));
    put("companions", logShares(pick(near, rows)));
    put("next", logShares(pick(next, rows)));
    if (weighs("context", "contextLatest")) {
      const [recentContext, latestContext] = words.contexts(recentQuery, words.context(weighted(terms, latest)), rows);
      put("context", centred(recentContext, hasTree));
      put("contextLatest", centred(latestContext, hasTree));
    }
    if (weighs("similarity")) put("similarity", centred(words.likeness(terms, rows), false));
    put("popularity", pick(logCounts, rows));
    neighbourhood.clear();
    for (const row of companions) near[row] = next[row] = 0;
    return { rows, values };

    function candidates(): Uint32Array {
      const found: number[] = [];
      const add = (row: number) => {
        if (marks[row] !== 0) return;
        marks[row] = isIn;
        found.push(row);
      };
      const addBest = (rows: Uint32Array, values: Float32Array, stride: number, offset: number) => {
        const some = scores.subarray(0, rows.length);
        for (let i = 0; i < rows.length; i++) some[i] = values[(rows[i] as number) * stride + offset] as number;
        for (const i of placesOfLargest(some, candidatesEach, scratch)) add(rows[i] as number);
      };
      const ofNeighbours = allowedOf(neighbourhood.rows, excluded);
      neighbourKinds.forEach((_, kind) => addBest(ofNeighbours, evidence, kinds, kind));
      const ofCompanions = allowedOf(companions, excluded);
      addBest(ofCompanions, near, 1, 0);
      addBest(ofCompanions, next, 1, 0);
      for (const row of words.promising(recentQuery, candidatesEach, excluded)) add(row);
      for (const row of found) marks[row] = 0;
      return Uint32Array.from(found).sort();
    }
  };

  /** Valid until the next call. */
  function allowedOf(rows: Uint32Array, excluded: Excluded): Uint32Array {
    let size = 0;
    if ("bits" in excluded) {
      for (const row of rows) if (!hasBit(excluded.bits, row)) allowed[size++] = row;
      return allowed.subarray(0, size);
    }
    for (const row of excluded) marks[row] = isOut;
    for (const row of rows) if (marks[row] !== isOut) allowed[size++] = row;
    for (const row of excluded) marks[row] = 0;
    return allowed.subarray(0, size);
  }
}

/** Of a matrix [V, stride] one column of some rows. */
function pick(values: Float32Array, rows: Uint32Array, stride = 1, offset = 0): Float32Array {
  const picked = new Float32Array(rows.length);
  for (let i = 0; i < rows.length; i++) picked[i] = values[(rows[i] as number) * stride + offset] as number;
  return picked;
}

/** The latest songs of a question, the last one most recent; a dislike has no place in it. */
export function askOf(terms: readonly Term[]): Ask[] {
  const fading = weighted(terms, recency);
  return terms
    .map(({ row, weight }, i) => ({ row, weight, recent: fading[i]?.weight ?? weight }))
    .slice(-longestQuestion);
}

function weighted(terms: readonly Term[], decay: number): Term[] {
  const likes = terms.reduce((sum, { weight, step = 1 }) => (weight > 0 ? sum + step : sum), 0);
  let passed = 0;
  return terms.map(({ row, weight, step = 1 }) =>
    weight > 0 ? { row, weight: weight * Math.exp(-decay * Math.max(0, likes - (passed += step))) } : { row, weight },
  );
}

/** The logarithm of each score's share of the best one, in the place of the scores. */
function logShares(scores: Float32Array): Float32Array {
  let best = 0;
  for (let i = 0; i < scores.length; i++) best = Math.max(best, scores[i] as number);
  const scale = best > 0 ? 1 / best : 0;
  for (let i = 0; i < scores.length; i++) scores[i] = Math.log(Math.max(0, scores[i] as number) * scale + floor);
  return scores;
}

/** In the place of the scores. Logarithms of probabilities need only be centred; others are standardised. */
function centred(scores: Float32Array, isLogarithm: boolean): Float32Array {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < scores.length; i++) sum += scores[i] as number;
  const mean = sum / Math.max(1, scores.length);
  for (let i = 0; i < scores.length; i++) squares += ((scores[i] as number) - mean) ** 2;
  const scale = isLogarithm || squares === 0 ? 1 : Math.sqrt(scores.length / squares);
  for (let i = 0; i < scores.length; i++) scores[i] = ((scores[i] as number) - mean) * scale;
  return scores;
}
