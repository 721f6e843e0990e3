/** Concatenated playlists. */
export interface Playlists {
  /** [P + 1] Playlist p is `rows[offsets[p]]` to `rows[offsets[p + 1] - 1]` */
  readonly offsets: Uint32Array;
  /** [plays] */
  readonly rows: Uint32Array;
}

/** An inverted index from songs to playlists, in shared memory. */
export interface PlaylistIndex extends Playlists {
  /** V */
  readonly songs: number;
  /** [V + 1] The plays of song s are `starts[s]` to `starts[s + 1] - 1` */
  readonly starts: Uint32Array;
  /** [plays] The playlist of each play, ascending for each song */
  readonly playlists: Uint32Array;
  /** [plays] The position of each play in its playlist, at most 65,535 */
  readonly positions: Uint16Array;
  /** [V] Number of playlists that contain each song: its popularity, whatever one playlist repeats */
  readonly playlistCounts: Uint32Array;
}

/** Builds the index by counting sort, in linear time. */
export function indexPlaylists({ offsets, rows }: Playlists, songs: number): PlaylistIndex {
  const starts = new Uint32Array(new SharedArrayBuffer(4 * (songs + 1)));
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    starts[row + 1] = (starts[row + 1] as number) + 1;
  }
  for (let song = 0; song < songs; song++) starts[song + 1] = (starts[song + 1] as number) + (starts[song] as number);
  const playlists = new Uint32Array(new SharedArrayBuffer(4 * rows.length));
  const positions = new Uint16Array(new SharedArrayBuffer(2 * rows.length));
  const playlistCounts = new Uint32Array(new SharedArrayBuffer(4 * songs));
  /** Index of the next play of each song */
  const next = starts.slice();
  for (let playlist = 0; playlist < offsets.length - 1; playlist++) {
    const start = offsets[playlist] as number;
    for (let play = start; play < (offsets[playlist + 1] as number); play++) {
      const row = rows[play] as number;
      const at = next[row] as number;
      next[row] = at + 1;
      const isRepeat = at > (starts[row] as number) && playlists[at - 1] === playlist;
      if (!isRepeat) playlistCounts[row] = (playlistCounts[row] as number) + 1;
      playlists[at] = playlist;
      positions[at] = Math.min(play - start, 0xffff);
    }
  }
  return { offsets, rows, songs, starts, playlists, positions, playlistCounts };
}
