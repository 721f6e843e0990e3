import { normalizeSongId, type SongIds } from "../../corpus/song-ids.ts";
import { parseSong, type Song } from "../format/songs.ts";

export interface SongTable {
  /** Songs by row, parsed on access: as objects they would burden the garbage collector. */
  readonly songs: Iterable<Song> & {
    readonly length: number;
    at(row: number): Song | undefined;
  };
  /** Rows by song id, in any spelling that `songIds` of the model takes for the same song. */
  readonly rows: { get(id: string): number | undefined };
  /** [V] Plays of each song, descending */
  readonly counts: Uint32Array;
}

/** The data of a song table in shared memory. */
export interface SongBuffers {
  /** The content of songs.jsonl */
  readonly text: Uint8Array;
  /** [V + 1] The start of each line in `text`, and the end */
  readonly starts: Uint32Array;
  readonly counts: Uint32Array;
  /**
   * [buckets, 2] Hash table with open addressing: pairs of an id's hash and its row + 1, or 0 if empty. `buckets` is a
   * power of 2.
   */
  readonly index: Uint32Array;
}

/** Allocates a table. The caller fills `text`; `addSong` fills the rest. */
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
 * @param end the end of its line in `text`
 * @returns false if an earlier row has the same id
 */
export function addSong(table: SongBuffers, row: number, { id, count }: Song, end: number): boolean {
  const { starts, counts, index } = table;
  const bucket = findBucket(table, id);
  if (index[bucket + 1]) return false;
  index[bucket] = hashOf(id);
  index[bucket + 1] = row + 1;
  counts[row] = count;
  starts[row + 1] = end;
  return true;
}

export function createSongTable(table: SongBuffers, songIds: SongIds): SongTable {
  const { counts, index } = table;

  function rowOf(id: string): number | undefined {
    const nextRow = index[findBucket(table, id) + 1];
    return nextRow ? nextRow - 1 : undefined;
  }

  return {
    counts,
    songs: {
      length: counts.length,
      at: (row) => (row < counts.length ? parseSongAt(table, row) : undefined),
      *[Symbol.iterator]() {
        for (let row = 0; row < counts.length; row++) yield parseSongAt(table, row);
      },
    },
    rows: {
      get(id) {
        const row = rowOf(id); // ids of an import by an earlier release are not normalised
        if (row !== undefined) return row;
        const normalized = normalizeSongId(id, songIds);
        return normalized === id ? undefined : rowOf(normalized);
      },
    },
  };
}

/** @returns the bucket of an id, or the empty bucket where it would be inserted */
function findBucket(table: SongBuffers, id: string): number {
  const { index } = table;
  const hash = hashOf(id);
  for (let bucket = (2 * hash) % index.length; ; bucket = (bucket + 2) % index.length) {
    const row = (index[bucket + 1] ?? 0) - 1;
    if (row < 0 || (index[bucket] === hash && parseSongAt(table, row).id === id)) return bucket;
  }
}

function parseSongAt({ text, starts }: SongBuffers, row: number): Song {
  return parseSong(Buffer.from(text.buffer).toString("utf8", starts[row], starts[row + 1]));
}

/** FNV-1a over UTF-16 code units, with the finaliser of MurmurHash3. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
