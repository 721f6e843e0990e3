import { type Term, weightedMean } from './mean.ts';
import type { Search } from './search.ts';

/**
 * Dot products of every song's output vector with the mean of the terms' input vectors: the score that word2vec trains
 * for "occurs in this context" (Mikolov et al. 2013, CBOW). Good for "what comes next in this playlist".
 *
 * @returns [V], valid until the next search; 0 for all where the terms cancel out
 */
export function context({ model, query, scan }: Search, terms: readonly Term[]): Float32Array {
  weightedMean(model.input, terms, () => 1, query);
  return scan(model.output);
}
