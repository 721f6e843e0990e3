export const strategyNames = ["blend", "context", "similarity", "cooccurrence", "playlists"] as const;
/** How songs are ranked for a query. */
export type Strategy = (typeof strategyNames)[number];

/** A strategy that needs playlists. */
export type PlaylistStrategy = Exclude<Strategy, "context" | "similarity">;

/** A strategy that replaces one for which the model lacks the data. */
export type Substitute = "context" | "similarity";
