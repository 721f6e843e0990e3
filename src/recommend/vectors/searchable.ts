import type { ModelMemory, Slot } from "../../model/memory/layout.ts";

/** `input`: cosines with the songs. `output`: what the model predicts, dot products or logarithms of probabilities. */
export type Matrix = "input" | "output";

/** What a thread needs to know of a model to rank its songs. */
export interface Searchable extends Pick<
  ModelMemory,
  | "memory"
  | "stride"
  | "input"
  | "output"
  | "quantised"
  | "inverseNorms"
  | "parentBranches"
  | "branchChildren"
  | "graph"
  | "secondQueries"
> {
  readonly hasTree: boolean;
}

/** A query that stands in a slot of the model's memory. */
export interface SlotQuery {
  readonly slot: Slot;
  /** Songs that are wanted. */
  readonly k: number;
  /** Oversampling: so many more are found, some of which may score better with the exact vectors; none by default. */
  readonly oversampling?: number;
}
