import type { Model } from '../model/model.ts';
import type { Excluded } from './mask.ts';
import { contextQuery, similarityQuery, type Term } from './mean.ts';
import { loadScan } from './scan.ts';
import { createSearch, type Nearest, type Search } from './search.ts';

/** What the vectors say of songs, given some terms. */
export interface WordScores {
  /** The k songs that `context` puts first, and their scores. */
  nearest(terms: readonly Term[], k: number, excluded: Excluded): Nearest;
  /** The same for `similarity`. */
  mostSimilar(terms: readonly Term[], k: number, excluded: Excluded): Nearest;
  /** The k songs that `context` puts first, or nearly so, in no order: by the vectors in bytes. */
  promising(terms: readonly Term[], k: number, excluded: Excluded): Uint32Array;
  /** Scores by `context`, of the vectors in bytes, of some songs, in ascending order, for two questions [rows.length] */
  contexts(questions: readonly [readonly Term[], readonly Term[]], rows: Uint32Array): [Float32Array, Float32Array];
  /** Exact scores by `similarity` [rows.length] */
  similarity(terms: readonly Term[], rows: Uint32Array): Float32Array;
}

/** For a model that nobody else searches. */
export async function openWordScores(model: Model): Promise<WordScores> {
  return createWordScores(createSearch(model, await loadScan(), 0));
}

export function createWordScores(search: Search): WordScores {
  const { model } = search;
  return {
    nearest: (terms, k, excluded) => search.nearestNow('output', contextQuery(model, terms), k, excluded),
    mostSimilar: (terms, k, excluded) => search.nearestNow('input', similarityQuery(model, terms), k, excluded),
    promising: (terms, k, excluded) => search.promising('output', contextQuery(model, terms), k, excluded),
    contexts: ([first, second], rows) => [search.roughScoresOf('output', contextQuery(model, first), rows), search.roughScoresOf('output', contextQuery(model, second), rows)],
    similarity: (terms, rows) => search.scoresOf('input', similarityQuery(model, terms), rows),
  };
}
