import { parseSong, type Song } from "../format/songs.ts";

export interface SongTable {
  /** Songs by row, read from their lines when asked for: as objects they would keep the garbage collector busy. */
  readonly songs: Iterable<Song> & {
    readonly length: number;
    /** The song of a row from 0, undefined beyond the last. */
    at(row: number): Song | undefined;
  };
  /** The row of each id. */
  readonly rows: { get(id: string): number | undefined };
  /** [V], never rising from row to row. */
  readonly counts: Uint32Array;
}

/** A table of songs in shared memory, so that one thread can make it and others read it. */
export interface SongBuffers {
  /** songs.jsonl as it stands. */
  readonly text: Uint8Array;
  /** Where each line starts, and the end [V + 1]. */
  readonly starts: Uint32Array;
  readonly counts: Uint32Array;
  /** A hash table with open addressing: pairs of an id's hash and its row + 1, 0 where there is none [places, 2]; places is a power of 2. */
  readonly index: Uint32Array;
}

/** Zeroed memory for some songs: `text` is the caller's to fill, the rest is filled by `addSong`. */
export function allocateSongs(songs: number, textBytes: number): SongBuffers {
  const words = (length: number) => new Uint32Array(new SharedArrayBuffer(length * 4));
  return {
    text: new Uint8Array(new SharedArrayBuffer(textBytes)),
    starts: words(songs + 1),
    counts: words(songs),
    index: words(2 * 2 ** Math.ceil(Math.log2(2 * songs + 1))),
  };
}

/**
 * Adds the song of the next row.
 *
 * @param end where its line ends in the text
 * @returns whether no row before has its id
 */
export function addSong(table: SongBuffers, row: number, { id, count }: Song, end: number): boolean {
  const { starts, counts, index } = table;
  const place = placeOf(table, id);
  if (index[place + 1]) return false;
  index[place] = hashOf(id);
  index[place + 1] = row + 1;
  counts[row] = count;
  starts[row + 1] = end;
  return true;
}

/** A table that reads what it is asked for from the bytes. */
export function createSongTable(table: SongBuffers): SongTable {
  const { counts, index } = table;
  return {
    counts,
    songs: {
      length: counts.length,
      at: (row) => (row < counts.length ? songAt(table, row) : undefined),
      *[Symbol.iterator]() {
        for (let row = 0; row < counts.length; row++) yield songAt(table, row);
      },
    },
    rows: {
      get(id) {
        const found = index[placeOf(table, id) + 1];
        return found ? found - 1 : undefined;
      },
    },
  };
}

/** Where an id stands in the index, or would be put. */
function placeOf(table: SongBuffers, id: string): number {
  const { index } = table;
  const wanted = hashOf(id);
  for (let place = (2 * wanted) % index.length; ; place = (place + 2) % index.length) {
    const row = (index[place + 1] ?? 0) - 1;
    if (row < 0 || (index[place] === wanted && songAt(table, row).id === id)) return place;
  }
}

function songAt({ text, starts }: SongBuffers, row: number): Song {
  return parseSong(Buffer.from(text.buffer).toString("utf8", starts[row], starts[row + 1]));
}

/** FNV-1a over the UTF-16 units, and the last mixing of MurmurHash3. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
