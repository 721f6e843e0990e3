import { normalizeSongId, type SongIds } from "../../corpus/song-ids.ts";

/** A known song that a cold-start song is similar to. */
export interface Reference {
  readonly songId: string;
  /** Above 0. */
  readonly weight: number;
}

/** A song without training data, described by similar songs. */
export interface ColdStartSong {
  readonly songId: string;
  readonly title?: string;
  readonly artist?: string;
  /** In descending order of weight. */
  readonly references: readonly Reference[];
}

/** Cold-start songs by id, in the order they were added. */
export interface ColdStartSongs extends Iterable<ColdStartSong> {
  readonly size: number;
  /** Increases with every change. */
  readonly revision: number;
  get(songId: string): ColdStartSong | undefined;
}

export const noColdStartSongs: ColdStartSongs = {
  size: 0,
  revision: 0,
  get: () => undefined,
  [Symbol.iterator]: () => [][Symbol.iterator](),
};

/** A mutable set of cold-start songs. */
export class ColdStartSongSet implements ColdStartSongs {
  readonly #songs = new Map<string, ColdStartSong>();
  /** The normalised id of each id. */
  readonly #normalized = new Map<string, string>();
  #revision = 0;

  constructor(songs: Iterable<ColdStartSong> = []) {
    for (const song of songs) this.put(song);
  }

  get size(): number {
    return this.#songs.size;
  }

  get revision(): number {
    return this.#revision;
  }

  get(songId: string): ColdStartSong | undefined {
    return this.#songs.get(songId);
  }

  /** Returns the stored ids of a song: several, if it was added in several spellings by earlier releases or models. */
  spellingsOf(songId: string, songIds: SongIds): string[] {
    if (songIds === "text") return this.#songs.has(songId) ? [songId] : [];
    const normalized = normalizeSongId(songId, songIds);
    const spellings: string[] = [];
    for (const [id, other] of this.#normalized) if (other === normalized) spellings.push(id);
    return spellings;
  }

  [Symbol.iterator](): Iterator<ColdStartSong> {
    return this.#songs.values();
  }

  put(song: ColdStartSong): void {
    this.#songs.set(song.songId, song);
    this.#normalized.set(song.songId, normalizeSongId(song.songId, "numbers"));
    this.#revision++;
  }

  delete(songId: string): void {
    this.#songs.delete(songId);
    this.#normalized.delete(songId);
    this.#revision++;
  }
}

const maxReferences = 50;
/** Total length of the ids of one song's references. */
const maxIdCharacters = 8192;

/** Makes references from similar songs. The weight of a song is how often it is listed. */
export function referencesOfSongs(songIds: readonly string[]): Reference[] {
  return strongest(songIds.map((songId) => ({ songId, weight: 1 })));
}

/**
 * Makes references from playlists that contain the song. Each playlist distributes a weight of 1 over its other songs.
 */
export function referencesOfPlaylists(songId: string, playlists: readonly (readonly string[])[]): Reference[] {
  const others = playlists.map((songs) => songs.filter((other) => other !== songId));
  return strongest(others.flatMap((songs) => songs.map((other) => ({ songId: other, weight: 1 / songs.length }))));
}

function strongest(references: readonly Reference[]): Reference[] {
  const weights = new Map<string, number>();
  for (const { songId, weight } of references) weights.set(songId, (weights.get(songId) ?? 0) + weight);
  const ordered = [...weights].map(([songId, weight]) => ({ songId, weight })).toSorted((a, b) => b.weight - a.weight);
  let remaining = maxIdCharacters;
  return ordered.slice(0, maxReferences).filter(({ songId }, i) => (remaining -= songId.length) >= 0 || i === 0);
}
