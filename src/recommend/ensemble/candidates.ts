import { type Excluded, hasBit } from "../catalogue/mask.ts";
import type { VectorScores } from "../vectors/vector-scores.ts";
import type { CooccurrenceSums } from "./cooccurrence.ts";
import { neighbourFeatures, type Neighbours } from "./neighbours.ts";
import { indicesOfLargest } from "./selection.ts";

/** Candidates from each playlist feature, and from each kind of vectors. */
const candidatesPerSource = 64;
/** State of a row while rows are filtered. */
const isExcluded = 1;

export interface CandidateSources {
  readonly neighbours: Neighbours;
  readonly cooccurrence: CooccurrenceSums;
  readonly contextQuery: Float32Array;
  /** Null if next-song vectors have no candidates. */
  readonly nextSongQuery: Float32Array | null;
  readonly excluded: Excluded;
  /** Songs of the query that are candidates unless they are excluded; others are selected beside them. */
  readonly repeats: readonly number[];
}

/**
 * Selects the best songs of every source: the nearest playlists, co-occurrence, context and next-song vectors.
 *
 * @param songs V
 * @returns candidate rows, ascending
 */
export function createCandidateSelector(
  songs: number,
  vectors: VectorScores,
): (sources: CandidateSources) => Uint32Array {
  const state = new Uint8Array(songs);
  const allowed = new Uint32Array(songs);
  const scores = new Float32Array(songs);
  const scratch = new Float32Array(songs);

  /** Rows that are not excluded, valid until the next call. */
  function allow(rows: Uint32Array, excluded: Excluded): Uint32Array {
    let size = 0;
    if ("bits" in excluded) {
      for (const row of rows) if (!hasBit(excluded.bits, row)) allowed[size++] = row;
      return allowed.subarray(0, size);
    }
    for (const row of excluded) state[row] = isExcluded;
    for (const row of rows) if (state[row] !== isExcluded) allowed[size++] = row;
    for (const row of excluded) state[row] = 0;
    return allowed.subarray(0, size);
  }

  return ({ neighbours, cooccurrence, contextQuery, nextSongQuery, excluded, repeats }) => {
    const selected = new Set<number>(allow(Uint32Array.from(repeats), excluded));
    const count = candidatesPerSource + Math.min(selected.size, candidatesPerSource);

    /** @param values [V, columns] */
    function selectBest(rows: Uint32Array, values: Float32Array, columns = 1, column = 0): void {
      const rowScores = scores.subarray(0, rows.length);
      for (let i = 0; i < rows.length; i++) rowScores[i] = values[(rows[i] as number) * columns + column] as number;
      for (const i of indicesOfLargest(rowScores, count, scratch)) selected.add(rows[i] as number);
    }

    const neighbourRows = allow(neighbours.rows, excluded);
    for (const column of neighbourFeatures.keys())
      selectBest(neighbourRows, neighbours.sums, neighbourFeatures.length, column);
    const cooccurringRows = allow(cooccurrence.rows, excluded);
    selectBest(cooccurringRows, cooccurrence.near);
    selectBest(cooccurringRows, cooccurrence.next);
    for (const row of vectors.contextCandidates(contextQuery, count, excluded)) selected.add(row);
    if (nextSongQuery) for (const row of vectors.nextSongCandidates(nextSongQuery, count, excluded)) selected.add(row);
    return Uint32Array.from(selected).sort();
  };
}
