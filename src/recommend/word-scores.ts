import type { Model } from '../model/model.ts';
import { context } from './context.ts';
import { excludes, type Excluded } from './mask.ts';
import type { Term } from './mean.ts';
import { loadScan } from './scan.ts';
import { createSearch, type Search } from './search.ts';
import { similarity } from './similarity.ts';
import { topK } from './top-k.ts';

/** What the vectors say of songs, given some terms. */
export interface WordScores {
  /** The k songs that `context` puts first, and their scores. */
  nearest(terms: readonly Term[], k: number, excluded: Excluded): { readonly rows: Uint32Array; readonly scores: Float32Array };
  /** The same for `similarity`. */
  mostSimilar(terms: readonly Term[], k: number, excluded: Excluded): { readonly rows: Uint32Array; readonly scores: Float32Array };
  /** Scores of some songs [rows.length] */
  context(terms: readonly Term[], rows: Uint32Array): Float32Array;
  similarity(terms: readonly Term[], rows: Uint32Array): Float32Array;
}

/** For a model that nobody else searches. */
export async function openWordScores(model: Model): Promise<WordScores> {
  return createWordScores(createSearch(model, await loadScan()));
}

export function createWordScores(search: Search): WordScores {
  const pick = (scores: Float32Array, rows: Uint32Array) => Float32Array.from(rows, (row) => scores[row] as number);
  const best = (scores: Float32Array, k: number, excluded: Excluded) => {
    const rows = topK(scores, k, excludes(excluded));
    return { rows, scores: pick(scores, rows) };
  };
  return {
    nearest: (terms, k, excluded) => best(context(search, terms), k, excluded),
    mostSimilar: (terms, k, excluded) => best(similarity(search, terms), k, excluded),
    context: (terms, rows) => pick(context(search, terms), rows),
    similarity: (terms, rows) => pick(similarity(search, terms), rows),
  };
}
