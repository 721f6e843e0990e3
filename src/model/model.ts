import type { Manifest } from "./format/manifest.ts";
import type { StoredCooccurrence, StoredPlaylists } from "./format/playlists.ts";
import type { SongTable } from "./memory/song-table.ts";
import type { ModelMemory } from "./memory/layout.ts";
import type { SongPopularity } from "./memory/popularity.ts";
import type { PlaylistIndex } from "./memory/playlist-index.ts";

/** A loaded model: an immutable, verified snapshot of V songs in descending order of plays. */
export interface Model extends SongTable, ModelMemory {
  readonly version: number;
  readonly manifest: Manifest;
  readonly vectorSize: number;
  /** Trained with hierarchical softmax: output vectors belong to the inner nodes of a Huffman tree. */
  readonly hasTree: boolean;
  /** Songs of the catalogue without a vector, by artists of the model's songs. Their counts are 0. */
  readonly untrained: SongTable | null;
  /** The training playlists, and the co-occurring songs of each song; null for versions without them. */
  readonly playlists: StoredPlaylists | null;
  readonly cooccurrence: StoredCooccurrence | null;
  /** The plays of each song in `playlists`. */
  readonly playlistIndex: PlaylistIndex | null;
  readonly popularity: SongPopularity;
}
