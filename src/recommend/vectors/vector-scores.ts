import type { Model } from "../../model/model.ts";
import type { Excluded } from "../catalogue/mask.ts";
import type { NearestSongs } from "./heap.ts";
import { contextQuery, nextSongQuery, similarityQuery, type Term } from "./mean.ts";
import { loadScan } from "./scan.ts";
import { createVectorSearch, type VectorSearch } from "./vector-search.ts";

/** Scores of songs by the vectors of a model, for the terms of a query. */
export interface VectorScores {
  /** Returns the k best songs by `context`. */
  nearest(terms: readonly Term[], k: number, excluded: Excluded): NearestSongs;
  /** Returns the k best songs by `similarity`. */
  mostSimilar(terms: readonly Term[], k: number, excluded: Excluded): NearestSongs;
  /** Makes the query vector for `context`; see mean.ts. @returns [stride] */
  contextQuery(terms: readonly Term[]): Float32Array;
  /** Returns approximately the k best songs by `context` and int8 vectors, in no order. */
  contextCandidates(query: Float32Array, k: number, excluded: Excluded): Uint32Array;
  /** Scores songs by `context` and int8 vectors, for two queries. @param rows ascending @returns [rows.length] each */
  contextScores(query: Float32Array, other: Float32Array, rows: Uint32Array): [Float32Array, Float32Array];
  /** Scores songs by `similarity` and int8 vectors. @returns [rows.length] */
  similarityScores(terms: readonly Term[], rows: Uint32Array): Float32Array;
  /** Makes the query vector for next-song vectors; see mean.ts. @returns [size], or null if there is none */
  nextSongQuery(terms: readonly Term[]): Float32Array | null;
  /** Returns approximately the k best songs by next-song vectors, in no order. */
  nextSongCandidates(query: Float32Array, k: number, excluded: Excluded): Uint32Array;
  /** Cosines of next-song vectors. @returns [rows.length] */
  nextSongScores(query: Float32Array, rows: Uint32Array): Float32Array;
  /** Exact scores by `similarity`. @returns [rows.length] */
  similarity(terms: readonly Term[], rows: Uint32Array): Float32Array;
}

/** @param model not searched by anyone else */
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
    nextSongQuery: (terms) => nextSongQuery(model, terms),
    nextSongCandidates: (query, k, excluded) => search.findCandidates("nextSongs", query, k, excluded),
    nextSongScores: (query, rows) => search.approximateScores("nextSongs", query, rows),
    similarity: (terms, rows) => search.scoresOf("input", similarityQuery(model, terms), rows),
  };
}
