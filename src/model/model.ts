import type { Manifest } from "./format/manifest.ts";
import type { StoredCooccurrence, StoredPlaylists } from "./format/playlists.ts";
import type { SongTable } from "./memory/song-table.ts";
import type { ModelMemory } from "./memory/layout.ts";
import type { PlaylistIndex } from "./memory/playlist-index.ts";

/** A loaded model: an immutable snapshot, all of it checked. V songs, the most played first. */
export interface Model extends SongTable, ModelMemory {
  readonly version: number;
  readonly manifest: Manifest;
  readonly vectorSize: number;
  /** Whether it was trained with hierarchical softmax: output vectors belong to the inner nodes of a tree. */
  readonly hasTree: boolean;
  /** Songs of the catalogue that it does not know, by artists that it knows; their counts are 0. */
  readonly untrained: SongTable | null;
  /** What it was trained on, and which songs go together there; null for versions that came without. */
  readonly playlists: StoredPlaylists | null;
  readonly cooccurrence: StoredCooccurrence | null;
  /** Where its songs are in those playlists. */
  readonly playlistIndex: PlaylistIndex | null;
}
