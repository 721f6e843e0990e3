import type { Excluded } from "../catalogue/mask.ts";
import { type Blender, singleFeatures } from "../ensemble/blender.ts";
import type { PlaylistStrategy } from "../ensemble/strategy.ts";
import { type NearestSongs, writeHeap } from "../vectors/heap.ts";
import type { Term } from "../vectors/mean.ts";
import type { VectorRanker } from "../vectors/vector-ranker.ts";
import type { Matrix, SlotQuery } from "../vectors/searchable.ts";

/** A search of a matrix, or a blend of features from playlists and vectors. */
export type SearchKind = Matrix | "blend";

export interface BlendQuery {
  readonly terms: readonly Term[];
  readonly strategy: PlaylistStrategy;
  /** Rows of the query in order, if its songs may be recommended. */
  readonly history?: readonly number[];
}

/** A query whose slot has the query vector and exclusions; only the exclusions for a blend. */
export interface PoolQuery extends SlotQuery {
  readonly blend?: BlendQuery;
}

/** Writes the k best songs of each query into the heap of its slot, best first. @returns the size of each heap */
export type RunSearches = (kind: SearchKind, queries: readonly PoolQuery[]) => number[];

/** @param blender undefined for a model without playlists */
export function createRunSearches(ranking: Pick<VectorRanker, "nearest">, blender: Blender | undefined): RunSearches {
  return (kind, queries) => (kind === "blend" ? queries.map(blendInto) : ranking.nearest(kind, queries));

  function blendInto({ slot, k, blend }: PoolQuery): number {
    if (!blend) throw new TypeError("a blend needs a blend query");
    return writeHeap(slot, runBlend(blender, blend, { bits: slot.excluded }, k));
  }
}

/** @throws TypeError without a blender */
export function runBlend(
  blender: Blender | undefined,
  { terms, strategy, history }: BlendQuery,
  excluded: Excluded,
  k: number,
): NearestSongs {
  if (!blender) throw new TypeError(`strategy ${strategy} needs playlists`);
  return blender.rank(terms, excluded, k, strategy === "blend" ? undefined : singleFeatures[strategy], history);
}
