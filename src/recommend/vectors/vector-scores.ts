import type { Model } from "../../model/model.ts";
import type { Excluded } from "../catalogue/mask.ts";
import type { NearestSongs } from "./heap.ts";
import { contextQuery, similarityQuery, type Term } from "./mean.ts";
import { loadScan } from "./scan.ts";
import { createVectorSearch, type VectorSearch } from "./vector-search.ts";

/** What the vectors say of songs, given the terms of a query. */
export interface VectorScores {
  /** The k songs that `context` puts first, and their scores. */
  nearest(terms: readonly Term[], k: number, excluded: Excluded): NearestSongs;
  /** The same for `similarity`. */
  mostSimilar(terms: readonly Term[], k: number, excluded: Excluded): NearestSongs;
  /** The query for `context`; see mean.ts */
  contextQuery(terms: readonly Term[]): Float32Array;
  /** About the k songs that `context` puts first for such a query, in no order: by the int8 vectors. */
  contextCandidates(query: Float32Array, k: number, excluded: Excluded): Uint32Array;
  /** Scores by `context`, of the int8 vectors, of some songs, in ascending order, for two such queries [rows.length] */
  contextScores(query: Float32Array, other: Float32Array, rows: Uint32Array): [Float32Array, Float32Array];
  /** Scores by `similarity`, of the int8 vectors [rows.length] */
  similarityScores(terms: readonly Term[], rows: Uint32Array): Float32Array;
  /** Exact scores by `similarity` [rows.length] */
  similarity(terms: readonly Term[], rows: Uint32Array): Float32Array;
}

/** For a model that nobody else searches. */
export async function openVectorScores(model: Model): Promise<VectorScores> {
  return createVectorScores(createVectorSearch(model, (await loadScan()).bind(model.memory)));
}

export function createVectorScores(search: VectorSearch): VectorScores {
  const { model } = search;
  return {
    nearest: (terms, k, excluded) => search.nearest("output", contextQuery(model, terms), k, excluded),
    mostSimilar: (terms, k, excluded) => search.nearest("input", similarityQuery(model, terms), k, excluded),
    contextQuery: (terms) => contextQuery(model, terms),
    contextCandidates: (query, k, excluded) => search.findCandidates("output", query, k, excluded),
    contextScores: (query, other, rows) => search.approximateScoresOfTwo("output", query, other, rows),
    similarityScores: (terms, rows) => search.approximateScores("input", similarityQuery(model, terms), rows),
    similarity: (terms, rows) => search.scoresOf("input", similarityQuery(model, terms), rows),
  };
}
