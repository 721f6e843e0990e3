import { songLikelihoods } from './likelihoods.ts';
import { type Term, weightedMean } from './mean.ts';
import type { Search } from './search.ts';

/**
 * What word2vec is trained to predict, given the mean of the terms' input vectors: with negative sampling the dot
 * product with every song's output vector (Mikolov et al. 2013), with hierarchical softmax the logarithm of every
 * song's probability. Good for "what comes next in this playlist".
 *
 * @returns [V], valid until the next search; the same for all where the terms cancel out and nothing is predicted
 */
export function context({ model, query, scan }: Search, terms: readonly Term[]): Float32Array {
  if (!model.manifest.outputVectors) throw new RangeError(`model version ${model.version} has no output vectors`);
  weightedMean(model.input, terms, () => 1, query);
  const scores = scan(model.output);
  return model.tree ? songLikelihoods(model.tree, scores) : scores;
}
