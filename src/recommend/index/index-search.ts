import type { Slot } from "../../model/memory/layout.ts";
import type { Excluded } from "../catalogue/mask.ts";
import { type NearestSongs, readHeap } from "../vectors/heap.ts";
import { quantiseToInt16 } from "../vectors/quantise-query.ts";
import { writeQuery, type VectorRanker, clearExclusions } from "../vectors/vector-ranker.ts";
import type { Kernel } from "../vectors/scan.ts";
import type { Matrix, Searchable } from "../vectors/searchable.ts";
import { openGraph } from "./graph-search.ts";

/**
 * Finds about the k songs with the best scores by the HNSW index, on the calling thread.
 *
 * @returns undefined where the query is left to a scan: it has a mask, wants or excludes more than some hundred songs, is
 * about output vectors, or is zero, which is like nothing
 */
export type IndexSearch = (
  matrix: Matrix,
  query: Float32Array,
  k: number,
  excluded: Excluded,
) => NearestSongs | undefined;

/** Songs wanted, and songs excluded: more of them are left to a scan. */
const maxByIndex = 512;

/**
 * @param slot which nobody else uses
 * @param efSearch songs that a search keeps at least; twice as many as it wants if these are more
 * @returns undefined for a model without an index
 */
export function createIndexSearch(
  model: Searchable,
  kernel: Kernel,
  { rescore }: Pick<VectorRanker, "rescore">,
  slot: Slot,
  efSearch: number,
): IndexSearch | undefined {
  if (!model.graph) return undefined;
  const graph = openGraph(model, kernel);
  return (matrix, query, k, excluded) => {
    if (matrix === "output" || k > maxByIndex || !isSmall(excluded)) return undefined;
    writeQuery(slot, query, excluded);
    const isZero = quantiseToInt16(slot) === 0;
    const found = isZero ? 0 : rescore("input", slot, graph.search(slot, Math.max(2 * k, efSearch)), k);
    clearExclusions(slot, excluded);
    return isZero ? undefined : readHeap(slot, found);
  };
}

function isSmall(excluded: Excluded): boolean {
  if ("bits" in excluded) return false;
  let left = maxByIndex;
  for (const _ of excluded) if (left-- === 0) return false;
  return true;
}
