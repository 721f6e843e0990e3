import type { Excluded } from "../catalogue/mask.ts";
import { type Blender, singleFeatures } from "../ensemble/blender.ts";
import type { PlaylistStrategy } from "../ensemble/strategy.ts";
import { type NearestSongs, writeHeap } from "../vectors/heap.ts";
import type { Term } from "../vectors/mean.ts";
import type { VectorRanker } from "../vectors/vector-ranker.ts";
import type { Matrix, SlotQuery } from "../vectors/searchable.ts";

/** A scan of a matrix, or a blend of all that playlists and vectors say. */
export type SearchKind = Matrix | "blend";

export interface BlendQuery {
  readonly terms: readonly Term[];
  readonly strategy: PlaylistStrategy;
}

/** A query of which the slot holds the vector, or the excluded songs at least. */
export interface PoolQuery extends SlotQuery {
  readonly blend?: BlendQuery;
}

/** Puts the k best songs of each query into the heap of its slot, best first, and returns how many they are. */
export type RunSearches = (kind: SearchKind, queries: readonly PoolQuery[]) => number[];

/** @param blender undefined for a model without playlists, which has no blends */
export function createRunSearches(ranking: Pick<VectorRanker, "nearest">, blender: Blender | undefined): RunSearches {
  return (kind, queries) => (kind === "blend" ? queries.map(blendInto) : ranking.nearest(kind, queries));

  function blendInto({ slot, k, blend }: PoolQuery): number {
    if (!blend) throw new TypeError("a blend without its query");
    return writeHeap(slot, runBlend(blender, blend, { bits: slot.excluded }, k));
  }
}

export function runBlend(
  blender: Blender | undefined,
  { terms, strategy }: BlendQuery,
  excluded: Excluded,
  k: number,
): NearestSongs {
  if (!blender) throw new TypeError(`there are no playlists for ${strategy}`);
  return blender.rank(terms, excluded, k, strategy === "blend" ? undefined : singleFeatures[strategy]);
}
