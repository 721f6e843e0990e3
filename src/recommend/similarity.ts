import { type Term, weightedMean } from './mean.ts';
import type { Search } from './search.ts';

/**
 * Cosines of every song with the mean of the terms' unit input vectors: gensim's `most_similar`. Good for "like this
 * song".
 *
 * @returns [V], valid until the next search; 0 for zero vectors, and for all where the terms cancel out
 */
export function similarity({ model, query, scan }: Search, terms: readonly Term[]): Float32Array {
  const { input, inverseNorms } = model;
  const length = weightedMean(input, terms, (row) => inverseNorms[row] ?? 0, query);
  if (length > 0) for (let i = 0; i < query.length; i++) query[i] = (query[i] ?? 0) / length;
  const scores = scan(input);
  for (let row = 0; row < scores.length; row++) scores[row] = (scores[row] ?? 0) * (inverseNorms[row] ?? 0);
  return scores;
}
