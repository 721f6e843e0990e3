import type { Model } from "../../model/model.ts";
import type { Nearest } from "./heap.ts";
import type { Excluded } from "../catalogue/mask.ts";
import { contextQuery, similarityQuery, type Term } from "./mean.ts";
import { loadScan } from "./scan.ts";
import { openSearchHere, type SearchHere } from "./search-here.ts";

/** What the vectors say of songs, given some terms. */
export interface WordScores {
  /** The k songs that `context` puts first, and their scores. */
  nearest(terms: readonly Term[], k: number, excluded: Excluded): Nearest;
  /** The same for `similarity`. */
  mostSimilar(terms: readonly Term[], k: number, excluded: Excluded): Nearest;
  /** The query for `context`; see mean.ts */
  context(terms: readonly Term[]): Float32Array;
  /** The k songs that `context` puts first for such a query, or nearly so, in no order: by the vectors in bytes. */
  promising(query: Float32Array, k: number, excluded: Excluded): Uint32Array;
  /** Scores by `context`, of the vectors in bytes, of some songs, in ascending order, for two such queries [rows.length] */
  contexts(query: Float32Array, other: Float32Array, rows: Uint32Array): [Float32Array, Float32Array];
  /** Scores by `similarity`, of the vectors in bytes [rows.length] */
  likeness(terms: readonly Term[], rows: Uint32Array): Float32Array;
  /** Exact scores by `similarity` [rows.length] */
  similarity(terms: readonly Term[], rows: Uint32Array): Float32Array;
}

/** For a model that nobody else searches. */
export async function openWordScores(model: Model): Promise<WordScores> {
  return createWordScores(openSearchHere(model, (await loadScan()).bind(model.memory)));
}

export function createWordScores(search: SearchHere): WordScores {
  const { model } = search;
  return {
    nearest: (terms, k, excluded) => search.nearestNow("output", contextQuery(model, terms), k, excluded),
    mostSimilar: (terms, k, excluded) => search.nearestNow("input", similarityQuery(model, terms), k, excluded),
    context: (terms) => contextQuery(model, terms),
    promising: (query, k, excluded) => search.promising("output", query, k, excluded),
    contexts: (query, other, rows) => search.roughScoresOfBoth("output", query, other, rows),
    likeness: (terms, rows) => search.roughScoresOf("input", similarityQuery(model, terms), rows),
    similarity: (terms, rows) => search.scoresOf("input", similarityQuery(model, terms), rows),
  };
}
