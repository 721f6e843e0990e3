import { layerSizes } from "../../model/format/graph.ts";
import type { ModelMemory, Slot } from "../../model/memory/layout.ts";
import type { Kernel } from "../vectors/scan.ts";

/** Searches the HNSW graph of a model. */
export interface GraphSearch {
  /** The row at which every search starts. */
  readonly entry: number;
  /**
   * Writes the approximately best songs into the heap of a slot, by int8 vectors and `slot.queryInt16`. Excluded songs
   * are visited but not returned.
   *
   * @param ef number of songs to keep
   * @returns the number of songs found
   */
  search(slot: Slot, ef: number): number;
}

/**
 * @param kernel used with no other graph from now on
 * @throws RangeError if the model has no index
 */
export function openGraph(
  {
    graph,
    quantised: {
      input: { values, factors },
    },
    stride,
  }: Pick<ModelMemory, "graph" | "quantised" | "stride">,
  kernel: Kernel,
): GraphSearch {
  if (!graph) throw new RangeError("model has no index");
  const {
    links,
    upper,
    entry: [entry = 0],
  } = graph;
  const songs = factors.length;
  const top = layerSizes(songs).length;
  kernel.openGraph(
    values.byteOffset,
    factors.byteOffset,
    songs,
    stride,
    links.byteOffset,
    upper.byteOffset,
    links.length / songs,
  );
  return {
    entry,
    search: ({ queryInt16, excluded, visited, rows, rowScores, branchScores, heap }, ef) =>
      kernel.searchGraph(
        top,
        1,
        entry,
        queryInt16.byteOffset,
        excluded.byteOffset,
        visited.byteOffset,
        rows.byteOffset,
        rowScores.byteOffset,
        branchScores.byteOffset,
        heap.byteOffset,
        Math.min(ef, songs),
      ),
  };
}
