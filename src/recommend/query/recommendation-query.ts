import type { FilterMask } from "../catalogue/filter.ts";
import type { Strategy, Substitute } from "../ensemble/strategy.ts";
import type { Page } from "./rerank.ts";

export interface RecommendationQuery extends Page {
  /** Of a song that is listed several times the first weight counts. Weights are finite. */
  readonly songs: readonly { readonly songId: string; readonly weight: number }[];
  /** Songs whose vectors are subtracted. Like `exclude`, they may be unknown. */
  readonly dislikes?: readonly string[];
  readonly exclude?: readonly string[];
  /** If given, only these are answered; they may be unknown. */
  readonly candidates?: readonly string[];
  /** Songs that a filter of the catalogue does not let through. */
  readonly filteredOut?: FilterMask;
  readonly strategy: Strategy;
  /** What becomes of query songs that the model doesn't know; by default they are left out and named. */
  readonly onUnknown?: "ignore" | "error";
  /** What to answer when the model knows no song of the query; by default the most played ones. */
  readonly fallback?: "popular" | "none";
}

export interface Item {
  readonly songId: string;
  /** Similarity: a cosine. Context: a dot product, or a logarithm of a probability. Popular: the part of all plays. Others: weighted sums. To six decimals. */
  readonly score: number;
  readonly title?: string;
  readonly artist?: string;
  /** Which songs of the question brought it, the one with the largest share first; see explain.ts. */
  readonly because?: { readonly songId: string; readonly share: number; readonly playlists: number }[];
  /** Of a song that no playlists were trained with yet. */
  readonly provisional?: true;
}

export interface RecommendationResult {
  readonly modelVersion: number;
  readonly strategy: Strategy;
  /** The best first, but for what `diversity` moves; never a song of the query, nor one disliked or excluded. */
  readonly items: Item[];
  /** Query songs that the model doesn't know, each once, in the order asked. */
  readonly unknownSongs: string[];
  /** Query songs that the model doesn't know either, but whose artist it knows by the catalogue: the artist's songs stand for them. Absent where there are none. */
  readonly borrowed?: { readonly songId: string; readonly artist: string }[];
  /** `popular` where no song of the query is known; `similarity` where the strategy needs output vectors and the model has none. */
  readonly fallback: null | "popular" | Substitute;
}

export interface SimilarOptions extends Omit<Page, "popularity"> {
  readonly exclude?: readonly string[];
  readonly filteredOut?: FilterMask;
}

export interface SimilarSongs {
  readonly modelVersion: number;
  readonly songId: string;
  readonly items: Item[];
}

export interface SongDetails {
  readonly songId: string;
  /** Plays in the training playlists. */
  readonly count: number;
  /** The percentage of songs that are played as often as this one or less: 100 for the most played. */
  readonly popularityPercentile: number;
  readonly title?: string;
  readonly artist?: string;
  /** What the further columns of the catalogue say. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Of a song that no playlists were trained with yet. */
  readonly provisional?: true;
}
