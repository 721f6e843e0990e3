/** Playlists one after the other. */
export interface Playlists {
  /** Playlist p is `rows[offsets[p]]` to `rows[offsets[p + 1] - 1]` [P + 1] */
  readonly offsets: Uint32Array;
  /** [plays] */
  readonly rows: Uint32Array;
}

/** For each song the playlists that play it; in shared memory, so that threads can hand it on. */
export interface PlaylistIndex extends Playlists {
  /** V */
  readonly songs: number;
  /** The plays of song s are `starts[s]` to `starts[s + 1] - 1` [V + 1] */
  readonly starts: Uint32Array;
  /** The playlist of each play, song after song, ascending [plays] */
  readonly playlists: Uint32Array;
  /** Its place there, 65,535 for any beyond [plays] */
  readonly positions: Uint16Array;
}

/** By a counting sort, so in a time in proportion to the plays. */
export function indexPlaylists({ offsets, rows }: Playlists, songs: number): PlaylistIndex {
  const starts = new Uint32Array(new SharedArrayBuffer(4 * (songs + 1)));
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    starts[row + 1] = (starts[row + 1] as number) + 1;
  }
  for (let song = 0; song < songs; song++) starts[song + 1] = (starts[song + 1] as number) + (starts[song] as number);
  const playlists = new Uint32Array(new SharedArrayBuffer(4 * rows.length));
  const positions = new Uint16Array(new SharedArrayBuffer(2 * rows.length));
  /** Where the next play of each song belongs. */
  const next = starts.slice();
  for (let playlist = 0; playlist < offsets.length - 1; playlist++) {
    const start = offsets[playlist] as number;
    for (let play = start; play < (offsets[playlist + 1] as number); play++) {
      const row = rows[play] as number;
      const at = next[row] as number;
      next[row] = at + 1;
      playlists[at] = playlist;
      positions[at] = Math.min(play - start, 0xffff);
    }
  }
  return { offsets, rows, songs, starts, playlists, positions };
}
