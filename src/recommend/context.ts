import { contextQuery, type Term } from './mean.ts';
import type { Search } from './search.ts';

/**
 * What word2vec is trained to predict, given the mean of the terms' input vectors: with negative sampling the dot
 * product with every song's output vector (Mikolov et al. 2013), with hierarchical softmax the logarithm of every
 * song's probability. Good for "what comes next in this playlist".
 *
 * @returns [V], valid until the next search; the same for all where the terms cancel out and nothing is predicted
 */
export function context(search: Search, terms: readonly Term[]): Float32Array {
  if (!search.model.manifest.outputVectors) throw new RangeError(`model version ${search.model.version} has no output vectors`);
  return search.scores('output', contextQuery(search.model, terms));
}
