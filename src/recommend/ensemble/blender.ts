import { setTimeout } from "node:timers/promises";
import type { Model } from "../../model/model.ts";
import { type Yield, yieldEvery } from "../../model/yield.ts";
import type { StoredCooccurrence } from "../../model/format/playlists.ts";
import type { PlaylistIndex } from "../../model/memory/playlist-index.ts";
import { type Blend, blendFrom, weightedSums, defaultBlend, defaultRepeatBlend } from "./blend.ts";
import type { CooccurringSongs } from "./cooccurrence.ts";
import { createCooccurrenceCounter } from "./cooccurrence-counter.ts";
import { createFeatureExtractor, type ExtractFeatures, type FeatureSources } from "./features.ts";
import type { NearestSongs } from "../vectors/heap.ts";
import { type Excluded, toRowSet, setBit } from "../catalogue/mask.ts";
import type { Term } from "../vectors/mean.ts";
import { createNeighbours } from "./neighbours.ts";
import { computeRepeatRates } from "./repeats.ts";
import { indicesOfLargest } from "./selection.ts";
import type { VectorScores } from "../vectors/vector-scores.ts";

/** Ranks songs by features from playlists and vectors. */
export interface Blender {
  readonly index: PlaylistIndex;
  readonly extractFeatures: ExtractFeatures;
  /**
   * Returns the `count` best songs. A larger count starts with the same songs. Songs beyond the candidates follow in
   * the order of `context`.
   *
   * @param by the fitted blend by default, with a history the one that is fitted for repeats
   * @param history rows of the query in order, if its songs may be recommended
   */
  rank(
    terms: readonly Term[],
    excluded: Excluded,
    count: number,
    by?: Blend,
    history?: readonly number[],
  ): NearestSongs;
}

/** Strategies that use a single feature, damped by popularity. */
export const singleFeatures = {
  cooccurrence: blendFrom({ companions: 1, popularity: -0.5 }),
  playlists: blendFrom({ neighboursSquared: 1, popularity: -0.15 }),
} as const;

/** The data of a model that a search thread needs for blends, besides the vectors. */
export interface BlendData extends Pick<FeatureSources, "counts" | "hasTree"> {
  readonly index: PlaylistIndex;
  readonly storedCooccurrence: StoredCooccurrence | null;
  readonly blend: Blend;
  /** Where songs of the query may be recommended. */
  readonly repeatBlend: Blend;
}

/** @returns undefined for a model without playlists */
export function blendDataOf({ playlistIndex, counts, cooccurrence, hasTree, manifest }: Model): BlendData | undefined {
  if (!playlistIndex) return undefined;
  return {
    index: playlistIndex,
    storedCooccurrence: cooccurrence,
    blend: blendOf(manifest.blend),
    repeatBlend: repeatBlendOf(manifest.blend),
    counts,
    hasTree,
  };
}

/** @param pause awaited between the steps, to yield to the event loop */
export async function createBlender(
  { storedCooccurrence, ...data }: BlendData,
  vectors: VectorScores,
  pause: Yield = yieldEvery(),
): Promise<Blender> {
  await pause();
  const findNeighbours = createNeighbours(data.index);
  await pause();
  return blenderOf({
    ...data,
    findNeighbours,
    vectors,
    cooccurringSongs: createCooccurrenceLookup(storedCooccurrence, data.index),
  });
}

const songsToMeasure = 10;
/** The first runs are slow, before the JIT compiler has optimised the code. */
const runsToMeasure = { first: 16, others: 9 };

/** Milliseconds between runs, so that other threads get the processor. */
const pauseBetween = 3;

/** Measures the median latency of queries of ten songs, taken from training playlists. @returns milliseconds */
export async function measureBlendLatency({ index: { offsets, rows }, rank }: Blender): Promise<number> {
  const count = runsToMeasure.first + runsToMeasure.others;
  const times: number[] = [];
  for (let run = 0; run < count; run++) {
    const start = offsets[Math.floor(((offsets.length - 1) * run) / count)] ?? 0;
    const queryRows = [...new Set(rows.subarray(start, start + songsToMeasure))];
    const started = performance.now();
    rank(
      queryRows.map((row) => ({ row, weight: 1 })),
      queryRows,
      songsToMeasure,
    );
    times.push(performance.now() - started);
    await setTimeout(pauseBetween);
  }
  return times.slice(runsToMeasure.first).sort((one, other) => one - other)[runsToMeasure.others >> 1] ?? 0;
}

export function blenderOf({
  blend,
  repeatBlend,
  index,
  ...sources
}: Omit<FeatureSources, "playlistCounts" | "repeatRates"> &
  Pick<BlendData, "index" | "blend" | "repeatBlend">): Blender {
  const extractFeatures = createFeatureExtractor({
    ...sources,
    playlistCounts: index.playlistCounts,
    repeatRates: computeRepeatRates(index),
  });
  return {
    index,
    extractFeatures,
    rank(terms, excluded, count, by, history) {
      const used = by ?? (history ? repeatBlend : blend);
      const found = extractFeatures(terms, excluded, undefined, used.weights, history);
      const scores = weightedSums(found, used);
      const order = indicesOfLargest(scores, count, scores.slice()).sort(
        (a, b) => (scores[b] as number) - (scores[a] as number) || a - b,
      );
      const best = {
        rows: Uint32Array.from(order, (i) => found.rows[i] as number),
        scores: Float32Array.from(order, (i) => scores[i] as number),
      };
      return order.length < count ? appendRest(best, terms, excluded, count, found.rows) : best;
    },
  };

  function appendRest(
    best: NearestSongs,
    terms: readonly Term[],
    excluded: Excluded,
    count: number,
    candidates: Uint32Array,
  ): NearestSongs {
    const candidateRows = new Set(candidates);
    const excludedRows = toRowSet(excluded);
    const rest = sources.vectors.nearest(
      terms,
      count,
      "bits" in excluded ? addToMask(excluded, candidates) : [...excluded, ...candidates],
    );
    const kept = [...rest.rows.keys()]
      .filter((i) => !candidateRows.has(rest.rows[i] as number) && !excludedRows.has(rest.rows[i] as number))
      .slice(0, count - best.rows.length);
    const restScore = (best.scores.at(-1) ?? 0) - 1;
    const top = kept[0] === undefined ? 0 : (rest.scores[kept[0]] as number);
    return {
      rows: Uint32Array.from([...best.rows, ...kept.map((i) => rest.rows[i] as number)]),
      scores: Float32Array.from([...best.scores, ...kept.map((i) => restScore + (rest.scores[i] as number) - top)]),
    };
  }
}

function addToMask({ bits }: { readonly bits: Uint8Array }, rows: Uint32Array): { bits: Uint8Array } {
  const more = bits.slice();
  for (const row of rows) setBit(more, row);
  return { bits: more };
}

function createCooccurrenceLookup(
  storedCooccurrence: StoredCooccurrence | null,
  index: PlaylistIndex,
): (row: number) => CooccurringSongs {
  if (!storedCooccurrence) return createCooccurrenceCounter(index);
  const { offsets, ...all } = storedCooccurrence;
  return (row) => {
    const [first, last] = [offsets[row], offsets[row + 1]];
    return {
      rows: all.rows.subarray(first, last),
      near: all.near.subarray(first, last),
      next: all.next.subarray(first, last),
    };
  };
}

export function blendOf(stored: Model["manifest"]["blend"]): Blend {
  return stored ? blendFrom(stored.weights) : defaultBlend;
}

export function repeatBlendOf(stored: Model["manifest"]["blend"]): Blend {
  return stored?.repeats ? blendFrom(stored.repeats) : defaultRepeatBlend;
}
