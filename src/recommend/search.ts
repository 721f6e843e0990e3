import type { Model } from '../model/model.ts';
import type { ScanModule } from './scan.ts';

/** A model that can be asked, one query at a time. */
export interface Search {
  readonly model: Model;
  /** [stride], to be filled before `scan`; zero beyond the vector size. */
  readonly query: Float32Array;
  /**
   * The dot product of the query with every row.
   *
   * @param matrix the model's input or output
   * @returns [V], valid until the next call
   */
  scan(matrix: Float32Array): Float32Array;
}

export function createSearch(model: Model, scanModule: ScanModule): Search {
  const { query, scores } = model.scratch;
  const scan = scanModule.bind(model.memory);
  return {
    model,
    query,
    scan(matrix) {
      scan(matrix.byteOffset, model.songs.length, model.stride, query.byteOffset, scores.byteOffset);
      return scores;
    },
  };
}
