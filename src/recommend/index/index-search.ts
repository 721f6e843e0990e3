import type { Slot } from "../../model/memory/layout.ts";
import type { Excluded } from "../catalogue/mask.ts";
import { type NearestSongs, readHeap } from "../vectors/heap.ts";
import { quantiseToInt16 } from "../vectors/quantise-query.ts";
import { writeQuery, type VectorRanker, clearExclusions } from "../vectors/vector-ranker.ts";
import type { Kernel } from "../vectors/scan.ts";
import type { Matrix, Searchable } from "../vectors/searchable.ts";
import { openGraph } from "./graph-search.ts";

/**
 * Finds approximately the k best songs by the HNSW index, on the calling thread.
 *
 * @returns undefined if the query needs a scan: it has a mask, too many results or exclusions, a zero vector, or
 *   searches the output vectors
 */
export type IndexSearch = (
  matrix: Matrix,
  query: Float32Array,
  k: number,
  excluded: Excluded,
) => NearestSongs | undefined;

/** Largest number of results, and of excluded songs; more need a scan. */
const maxByIndex = 512;

/**
 * @param slot not used by any other search
 * @param efSearch smallest ef; a search uses 2k if that is larger
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
