import { createPace, type Pace } from '../model/pace.ts';
import type { Blend } from './blend.ts';
import { type Channel, askOf } from './evidence.ts';
import type { Term } from './mean.ts';
import type { Ask } from './neighbours.ts';
import type { PlaylistIndex } from './playlist-index.ts';
import type { Strategy } from './question.ts';

/** A song of the question that brought an item. */
export interface Reason {
  readonly row: number;
  /** To four decimals; over the reasons of an item they add up to 1. */
  readonly share: number;
  /** Training playlists that play both. */
  readonly playlists: number;
}

export interface ExplainerSources {
  readonly index: PlaylistIndex | undefined;
  /** Cosines of one song with others, whose rows ascend, and what `context` says of them after it alone [rows.length] */
  similarity(row: number, rows: Uint32Array): ArrayLike<number>;
  context(row: number, rows: Uint32Array): ArrayLike<number>;
  readonly hasTree: boolean;
  readonly blend: Blend;
}

/** Reasons that are given for an item. */
const mostReasons = 10;

/** How much playlists and vectors count. */
interface Sides {
  readonly playlists: number;
  readonly vectors: number;
}

/** What each query song gives an item, song after song [asked, items]. */
interface Parts {
  readonly met: Uint32Array;
  readonly byPlaylists: Float64Array;
  readonly byVectors: Float64Array;
}

/**
 * Says which songs of a question brought the songs of its answer. A query song has two parts in an item: by playlists
 * its weight / √(its plays) · Σ 1 / √length over the playlists that play both, which is its part in session-kNN, and by
 * vectors its weight times their cosine (for `context` what it alone predicts), where that is positive. Each is divided
 * by its sum over the query songs, and the two are added as the blend weighs what comes of playlists and of vectors.
 * Weights fade as in the blend. Only the latest 200 songs of a question are looked at, and the ten largest shares kept.
 *
 * @param rows the items, each once
 * @returns the reasons of each item, largest share first; none where no song of the question has a positive weight
 */
export function createExplainer({ index, similarity, context, hasTree, blend }: ExplainerSources) {
  const weights = (channels: readonly Channel[]) => channels.reduce((sum, channel) => sum + Math.max(0, blend.weights[channel]), 0);
  const sides: Record<Strategy, Sides> = {
    blend: {
      playlists: weights(['neighbours', 'neighboursSquared', 'neighboursNear', 'neighboursAny', 'neighboursAnySquared', 'companions', 'next']),
      vectors: weights(['context', 'contextLatest', 'similarity']),
    },
    playlists: { playlists: 1, vectors: 0 },
    cooccurrence: { playlists: 1, vectors: 0 },
    context: { playlists: 0, vectors: 1 },
    similarity: { playlists: 0, vectors: 1 },
  };

  /** Plays ascend by playlist, so repeats in one stand together. */
  async function meet(asked: readonly Ask[], rows: Uint32Array, { met, byPlaylists }: Parts, { starts, playlists, offsets }: PlaylistIndex, pace: Pace): Promise<void> {
    const marks = new Uint8Array(offsets.length);
    const playsOf = (row: number) => playlists.subarray(starts[row], starts[row + 1]);
    for (const [q, { row, recent }] of asked.entries()) {
      const plays = playsOf(row);
      for (const playlist of plays) marks[playlist] = 1;
      const weight = recent / Math.sqrt(Math.max(1, plays.length));
      for (const [i, item] of rows.entries()) {
        if (pace.isOver()) await pace.rest();
        const at = q * rows.length + i;
        let last = -1;
        for (const playlist of playsOf(item)) {
          if (playlist !== last && marks[playlist] === 1) {
            met[at] = (met[at] ?? 0) + 1;
            byPlaylists[at] = (byPlaylists[at] ?? 0) + weight / Math.sqrt((offsets[playlist + 1] ?? 0) - (offsets[playlist] ?? 0));
          }
          last = playlist;
        }
      }
      for (const playlist of plays) marks[playlist] = 0;
    }
  }

  async function compare(asked: readonly Ask[], rows: Uint32Array, { byVectors }: Parts, strategy: Strategy, pace: Pace): Promise<void> {
    for (const [q, { row, weight, recent }] of asked.entries()) {
      if (pace.isOver()) await pace.rest();
      const scores = strategy === 'context' ? context(row, rows) : similarity(row, rows);
      const counts = strategy === 'blend' ? recent : weight;
      const isLogarithm = strategy === 'context' && hasTree;
      for (let i = 0; i < rows.length; i++) byVectors[q * rows.length + i] = counts * (isLogarithm ? Math.exp(scores[i] ?? 0) : Math.max(0, scores[i] ?? 0));
    }
  }

  return async (terms: readonly Term[], rows: Uint32Array, strategy: Strategy, pace: Pace = createPace()): Promise<Reason[][]> => {
    const asked = askOf(terms).filter(({ weight }) => weight > 0);
    const ascending = rows.toSorted();
    const size = asked.length * rows.length;
    const parts: Parts = { met: new Uint32Array(size), byPlaylists: new Float64Array(size), byVectors: new Float64Array(size) };
    if (index) await meet(asked, ascending, parts, index, pace);
    await compare(asked, ascending, parts, strategy, pace);

    const reasons: Reason[][] = [];
    for (const row of rows) {
      if (pace.isOver()) await pace.rest();
      const item = ascending.indexOf(row);
      const at = (q: number) => q * rows.length + item;
      const of = (part: Float64Array) => asked.map((_, q) => part[at(q)] ?? 0);
      const shares = mixed(of(parts.byPlaylists), of(parts.byVectors), sides[strategy]);
      const all = asked.map((ask, q) => ({ row: ask.row, share: shares[q] ?? 0, playlists: parts.met[at(q)] ?? 0 }));
      reasons.push(rounded(all.filter(({ share }) => share > 0).toSorted((one, other) => other.share - one.share).slice(0, mostReasons)));
    }
    return reasons;
  };
}

/** The parts of both sides; where those that count say nothing of any song the other one has its say, and at last all are equal. */
function mixed(byPlaylists: readonly number[], byVectors: readonly number[], { playlists, vectors }: Sides): number[] {
  const [met, alike] = [sum(byPlaylists), sum(byVectors)];
  const [a, b] = [met > 0 ? playlists / met : 0, alike > 0 ? vectors / alike : 0];
  const parts = byPlaylists.map((part, i) => a * part + b * (byVectors[i] ?? 0));
  if (sum(parts) > 0) return parts;
  const either = byPlaylists.map((part, i) => part + (byVectors[i] ?? 0));
  return sum(either) > 0 ? either : either.map(() => 1);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The first has what rounding leaves of the others. */
function rounded(reasons: readonly Reason[]): Reason[] {
  const whole = sum(reasons.map(({ share }) => share));
  const units = reasons.map(({ share }) => Math.round((1e4 * share) / whole));
  const others = sum(units.slice(1));
  return reasons.map((reason, i) => ({ ...reason, share: (i === 0 ? 1e4 - others : (units[i] ?? 0)) / 1e4 })).filter(({ share }) => share > 0);
}
