import type { ModelMemory, Slot } from "../../model/memory/layout.ts";

/** `input`: scores are cosines. `output`: scores are dot products, or log-probabilities with a tree. */
export type Matrix = "input" | "output";
/** `nextSongs`: scores are cosines. */
export type QuantisedMatrix = Matrix | "nextSongs";

/** The data of a model that a thread needs to rank its songs. */
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

/** A query in a slot of the model's memory. */
export interface SlotQuery {
  readonly slot: Slot;
  /** Number of results. */
  readonly k: number;
  /** Additional candidates for rescoring; 0 by default. */
  readonly oversampling?: number;
}
