import { layerSizes } from "../../model/format/graph.ts";
import type { ModelMemory, Slot } from "../../model/memory/layout.ts";
import type { Kernel } from "../vectors/scan.ts";

/** A graph to search along. */
export interface GraphSearch {
  /** Where every search starts. */
  readonly entry: number;
  /**
   * Puts the songs with the best scores, or nearly so, into the heap of a slot, by the vectors in bytes and the whole numbers of its query;
   * those that it excludes are gone through.
   *
   * @param ef how many
   * @returns how many were found
   */
  search(slot: Slot, ef: number): number;
}

/** @param kernel is about no other graph from now on. @throws RangeError where the model has none */
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
  if (!graph) throw new RangeError("a model without an index");
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
