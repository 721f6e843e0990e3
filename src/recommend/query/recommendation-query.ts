import type { FilterMask } from "../catalogue/filter.ts";
import type { Reason } from "../ensemble/reasons.ts";
import type { Strategy, Substitute } from "../ensemble/strategy.ts";
import type { Page } from "./rerank.ts";

/** Unknown songs of each field other than `songs`, as in the request. */
export type UnknownByField = Partial<Record<"dislikes" | "exclude" | "candidates", string[]>>;

export interface RecommendationQuery extends Page {
  /** Weights are finite. The first weight of a repeated song counts. */
  readonly songs: readonly { readonly songId: string; readonly weight: number }[];
  /** Songs whose vectors are subtracted. */
  readonly dislikes?: readonly string[];
  readonly exclude?: readonly string[];
  /** If given, only these songs are recommended. */
  readonly candidates?: readonly string[];
  /** Songs that do not match a catalogue filter. */
  readonly filteredOut?: FilterMask;
  readonly strategy: Strategy;
  /** `ignore`, the default, lists unknown songs of all fields in the result; `error` rejects the query. */
  readonly onUnknown?: "ignore" | "error";
  /** The result if no query song is known: the songs in most playlists by default, or none. */
  readonly fallback?: "popular" | "none";
  /** `allow`: songs of the query are recommended too, if the training playlists have repeats; `exclude` by default. */
  readonly repeats?: "exclude" | "allow";
}

/** The reason that a repeat has been played says so. */
export interface ItemReason extends Reason {
  readonly playedAgo?: number;
  /** Such as "played 3 songs ago". */
  readonly text?: string;
}

export interface Item {
  readonly songId: string;
  /**
   * Rounded to six decimals. `similarity`: cosine. `context`: dot product or log-probability. Popular songs: number of
   * playlists, as a share of the sum over all songs. Other strategies: weighted sum.
   */
  readonly score: number;
  readonly title?: string;
  readonly artist?: string;
  /** The query songs that contributed, largest share first; see explain.ts. */
  readonly because?: ItemReason[];
  /** Set for a cold-start song. */
  readonly provisional?: true;
  /** For a song of the query: number of songs since it was played last, 1 for the last song. */
  readonly playedAgo?: number;
}

export interface RecommendationResult {
  readonly modelVersion: number;
  readonly strategy: Strategy;
  /** Best first, unless `diversity` reorders them. Never a disliked or an excluded song, and a query song only with `repeats`. */
  readonly items: Item[];
  /** Distinct unknown query songs, in the order and spelling of the query. */
  readonly unknownSongs: string[];
  /** Absent if there are none. */
  readonly unknown?: UnknownByField;
  /** Unknown query songs with an artist fallback; they are not in `unknownSongs`. Absent if there are none. */
  readonly borrowed?: { readonly songId: string; readonly artist: string }[];
  /** `popular` if no query song is known. A strategy if the model lacks the data for the one of the query. */
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
  /** Absent if there are none. */
  readonly unknown?: UnknownByField;
}

export interface SongDetails {
  readonly songId: string;
  /** Plays in the training playlists. */
  readonly count: number;
  /** Percentage of songs in as many playlists or fewer: 100 for the most popular. */
  readonly popularityPercentile: number;
  readonly title?: string;
  readonly artist?: string;
  /** Values of further catalogue columns. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Set for a cold-start song. */
  readonly provisional?: true;
}
