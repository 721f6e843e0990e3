export const strategyNames = ["blend", "context", "similarity", "cooccurrence", "playlists"] as const;
/** How songs are ranked for a query. */
export type Strategy = (typeof strategyNames)[number];

/** Strategies that need playlists. */
export type PlaylistStrategy = Exclude<Strategy, "context" | "similarity">;

/** The strategy that takes the place of one that the model lacks the data for. */
export type Substitute = "context" | "similarity";
