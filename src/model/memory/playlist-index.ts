import type { Pace } from "../pace.ts";

/** Playlists one after the other. */
export interface Playlists {
  /** Playlist p is `rows[offsets[p]]` to `rows[offsets[p + 1] - 1]` [P + 1] */
  readonly offsets: Uint32Array;
  /** [plays] */
  readonly rows: Uint32Array;
}

/** Playlists that can be asked where a song is played; in shared memory, so that threads can hand it on. */
export interface PlaylistIndex extends Playlists {
  /** V */
  readonly songs: number;
  /** The plays of song s are `starts[s]` to `starts[s + 1] - 1` [V + 1] */
  readonly starts: Uint32Array;
  /** The playlist of each play, song after song, ascending [plays] */
  readonly playlists: Uint32Array;
  /** Its place there, 65,535 for any beyond [plays] */
  readonly places: Uint16Array;
}

/** Plays, or playlists, between two looks at the clock. */
const sliceLength = 8192;

/** By a counting sort, so in a time in proportion to the plays. */
export function indexPlaylists(playlists: Playlists, songs: number): PlaylistIndex {
  const slices = indexing(playlists, songs);
  for (;;) {
    const { done, value } = slices.next();
    if (done) return value;
  }
}

/** The same beside whatever else the thread does. */
export async function indexInSlices(playlists: Playlists, songs: number, pace: Pace): Promise<PlaylistIndex> {
  const slices = indexing(playlists, songs);
  for (;;) {
    const { done, value } = slices.next();
    if (done) return value;
    if (pace.isOver()) await pace.rest();
  }
}

function* indexing({ offsets, rows }: Playlists, songs: number): Generator<undefined, PlaylistIndex> {
  const starts = new Uint32Array(new SharedArrayBuffer(4 * (songs + 1)));
  for (let first = 0; first < rows.length; first += sliceLength) {
    countPlays(rows.subarray(first, first + sliceLength), starts);
    yield;
  }
  for (let song = 0; song < songs; song++) starts[song + 1] = (starts[song + 1] as number) + (starts[song] as number);
  const index = {
    offsets,
    rows,
    songs,
    starts,
    playlists: new Uint32Array(new SharedArrayBuffer(4 * rows.length)),
    places: new Uint16Array(new SharedArrayBuffer(2 * rows.length)),
  };
  const next = starts.slice();
  const count = offsets.length - 1;
  for (let first = 0; first < count;) {
    let end = first + 1;
    while (end < count && (offsets[end] as number) - (offsets[first] as number) < sliceLength) end++;
    placePlays(index, next, first, end);
    first = end;
    yield;
  }
  return index;
}

function countPlays(rows: Uint32Array, starts: Uint32Array): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    starts[row + 1] = (starts[row + 1] as number) + 1;
  }
}

/** @param next where the next play of each song belongs [V], moved on */
function placePlays(
  { offsets, rows, playlists, places }: PlaylistIndex,
  next: Uint32Array,
  first: number,
  end: number,
): void {
  for (let playlist = first; playlist < end; playlist++) {
    const start = offsets[playlist] as number;
    for (let play = start; play < (offsets[playlist + 1] as number); play++) {
      const row = rows[play] as number;
      const at = next[row] as number;
      next[row] = at + 1;
      playlists[at] = playlist;
      places[at] = Math.min(play - start, 0xffff);
    }
  }
}
