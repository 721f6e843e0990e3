export interface Playlist {
  readonly playlistId: string;
  readonly songs: readonly string[];
  /** Number of its last change. Changes of all playlists share one ascending sequence. */
  readonly revision: number;
  readonly updatedAt: string;
}

/** The required state of a playlist before a change. `*` is any revision of a playlist that exists. */
export interface Precondition {
  /** One of these revisions is stored. */
  readonly match?: "*" | readonly number[];
  /** None of these revisions is stored. */
  readonly noneMatch?: "*" | readonly number[];
}

/** A playlist to store. */
export type PlaylistContent = Pick<Playlist, "playlistId" | "songs">;

/**
 * Playlists by id. A change resolves once it is durable and visible to every later read. Concurrent changes may share a
 * commit.
 */
export interface PlaylistStore {
  /** Stores or replaces a playlist. @throws PLAYLIST_CHANGED, STORAGE_FULL, STORE_BUSY */
  put(playlist: PlaylistContent, precondition?: Precondition): Promise<{ playlist: Playlist; created: boolean }>;
  /** Stores or replaces all playlists or none; the last one with an id is stored. @throws STORAGE_FULL, STORE_BUSY */
  putAll(playlists: readonly PlaylistContent[]): Promise<void>;
  /** @throws PLAYLIST_NOT_FOUND */
  get(playlistId: string): Promise<Playlist>;
  /** @throws PLAYLIST_NOT_FOUND, PLAYLIST_CHANGED, STORE_BUSY. Succeeds on a full disk */
  remove(playlistId: string, precondition?: Precondition): Promise<void>;
  /**
   * A page of playlists in the order of the bytes of their ids. It has fewer than `limit`, but at least one, if they
   * are long.
   *
   * @param options `after`: the id before the first of the page
   */
  page(options: { readonly after?: string; readonly limit: number }): Promise<{ playlists: Playlist[]; more: boolean }>;
  count(): Promise<number>;
  /** The revision of the last change; 0 in a new store. */
  revision(): Promise<number>;
  /** Number of playlists stored or replaced after a revision, each counted once, plus the number of removals. */
  changesSince(revision: number): Promise<number>;
}

/** A job. */
export interface JobRecord {
  readonly jobId: string;
  /** Unique among jobs */
  readonly idempotencyKey: string | null;
  /** Any JSON value */
  readonly document: unknown;
}

export interface JobStore {
  /** Adds a job, or replaces it without changing the order. @throws STORAGE_FULL, STORE_BUSY */
  save(job: JobRecord): Promise<void>;
  /** In insertion order. */
  list(): Promise<JobRecord[]>;
  remove(jobIds: readonly string[]): Promise<void>;
}

/** A cold-start song. */
export interface SongRecord {
  readonly songId: string;
  /** Any JSON value */
  readonly document: unknown;
}

export interface SongStore {
  /** Adds a song, or replaces it without changing the order. @throws STORAGE_FULL, STORE_BUSY */
  save(song: SongRecord): Promise<void>;
  /** In insertion order. */
  list(): Promise<SongRecord[]>;
  /** @throws STORE_BUSY. Succeeds on a full disk */
  remove(songIds: readonly string[]): Promise<void>;
}

/** Durable numbers of the service. */
export interface StoreState {
  /** The model version activated last; null before the first activation */
  readonly activeVersion: number | null;
  /** The revision of the store when a training last read its playlists */
  readonly trainedRevision: number;
}

/**
 * All durable state except model versions. The interface is independent of the driver: it exposes no SQL and no paths.
 */
export interface Store extends AsyncDisposable {
  readonly playlists: PlaylistStore;
  readonly jobs: JobStore;
  readonly songs: SongStore;
  state(): Promise<StoreState>;
  /** @throws STORAGE_FULL, STORE_BUSY */
  updateState(changes: Partial<StoreState>): Promise<void>;
  /** Completes pending operations and rejects later ones. */
  close(): Promise<void>;
}
