import { similarityQuery, type Term } from './mean.ts';
import type { Search } from './search.ts';

/**
 * Cosines of every song with the mean of the terms' unit input vectors: gensim's `most_similar`. Good for "like this
 * song".
 *
 * @returns [V], valid until the next search; 0 for zero vectors, and for all where the terms cancel out
 */
export function similarity(search: Search, terms: readonly Term[]): Float32Array {
  return search.scores('input', similarityQuery(search.model, terms));
}
