export interface Playlist {
  readonly playlistId: string;
  readonly songs: readonly string[];
  /** The place of its last change in the history of the store: a later change has a higher one, of any playlist. */
  readonly revision: number;
  readonly updatedAt: string;
}

/** What must be there for a change to go ahead: a playlist of this revision, any playlist, none, or whatever. */
export type Precondition = number | "present" | "absent" | null;

/** A playlist to store. */
export type PlaylistContent = Pick<Playlist, "playlistId" | "songs">;

/**
 * Playlists by id. A promise of a change resolves once the change survives a power cut, and every later reading sees
 * it. Changes that are asked for together may share one commit.
 */
export interface PlaylistStore {
  /** Stores or replaces a whole playlist. @throws PLAYLIST_CHANGED, STORAGE_FULL, STORE_BUSY */
  put(playlist: PlaylistContent, precondition?: Precondition): Promise<{ playlist: Playlist; created: boolean }>;
  /** Stores or replaces all of them or none; of two with one id the last one stays. @throws STORAGE_FULL, STORE_BUSY */
  putAll(playlists: readonly PlaylistContent[]): Promise<void>;
  /** @throws PLAYLIST_NOT_FOUND */
  get(playlistId: string): Promise<Playlist>;
  /** @throws PLAYLIST_NOT_FOUND, PLAYLIST_CHANGED, STORE_BUSY; works on a full disk too */
  remove(playlistId: string, precondition?: Precondition): Promise<void>;
  /**
   * Those that come after an id in the order of the bytes of their ids: at most `limit`, and fewer, but at least one,
   * where they are long.
   */
  page(options: { readonly after?: string; readonly limit: number }): Promise<{ playlists: Playlist[]; more: boolean }>;
  count(): Promise<number>;
  /** The revision of the last change; 0 in a new store. */
  revision(): Promise<number>;
  /** How many playlists were stored or replaced after a revision, each once, plus how many were removed. */
  changesSince(revision: number): Promise<number>;
}

/** A job as the store sees it. */
export interface JobRecord {
  readonly jobId: string;
  /** No two jobs have the same one. */
  readonly idempotencyKey: string | null;
  /** Whatever can be written as JSON. */
  readonly document: unknown;
}

export interface JobStore {
  /** Adds a job or replaces it in its place. @throws STORAGE_FULL, STORE_BUSY */
  save(job: JobRecord): Promise<void>;
  /** In the order they were added. */
  list(): Promise<JobRecord[]>;
  remove(jobIds: readonly string[]): Promise<void>;
}

/** A song that no model knows yet, as the store sees it. */
export interface SongRecord {
  readonly songId: string;
  /** Whatever can be written as JSON. */
  readonly document: unknown;
}

export interface SongStore {
  /** Adds a song or replaces it in its place. @throws STORAGE_FULL, STORE_BUSY */
  save(song: SongRecord): Promise<void>;
  /** In the order they were added. */
  list(): Promise<SongRecord[]>;
  /** @throws STORE_BUSY; works on a full disk too */
  remove(songIds: readonly string[]): Promise<void>;
}

/** Numbers that outlive the process. */
export interface StoreState {
  /** The model version that was last made to serve. */
  readonly activeVersion: number | null;
  /** The revision of the store when playlists were last read for a training. */
  readonly trainedRevision: number;
}

/** All durable state but the model versions themselves. No SQL and no path crosses it, so that another driver fits. */
export interface Store extends AsyncDisposable {
  readonly playlists: PlaylistStore;
  readonly jobs: JobStore;
  readonly songs: SongStore;
  state(): Promise<StoreState>;
  /** @throws STORAGE_FULL, STORE_BUSY */
  updateState(changes: Partial<StoreState>): Promise<void>;
  /** Finishes what was asked for, and refuses what is asked for later. */
  close(): Promise<void>;
}
