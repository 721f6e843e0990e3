/** A song that is in the place of what it is like, and how much. */
export interface Reference {
  readonly songId: string;
  /** Above 0. */
  readonly weight: number;
}

/** A song that no playlists were trained with yet, by the songs that it is like. */
export interface ColdStartSong {
  readonly songId: string;
  readonly title?: string;
  readonly artist?: string;
  /** The weightiest first. */
  readonly references: readonly Reference[];
}

/** Provisional songs by id, in the order they came in. */
export interface ColdStartSongs extends Iterable<ColdStartSong> {
  readonly size: number;
  /** Changes with every change, never back. */
  readonly revision: number;
  get(songId: string): ColdStartSong | undefined;
}

export const noColdStartSongs: ColdStartSongs = {
  size: 0,
  revision: 0,
  get: () => undefined,
  [Symbol.iterator]: () => [][Symbol.iterator](),
};

/** Those of a service, which come and go. */
export class ColdStartSongSet implements ColdStartSongs {
  readonly #songs = new Map<string, ColdStartSong>();
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

  [Symbol.iterator](): Iterator<ColdStartSong> {
    return this.#songs.values();
  }

  put(song: ColdStartSong): void {
    this.#songs.set(song.songId, song);
    this.#revision++;
  }

  delete(songId: string): void {
    this.#songs.delete(songId);
    this.#revision++;
  }
}

/** References that are kept of one song, and characters of their ids. */
const maxReferences = 50;
const maxIdCharacters = 8192;

/** Every song counts the same, but that it is listed several times. */
export function referencesOfSongs(songIds: readonly string[]): Reference[] {
  return strongest(songIds.map((songId) => ({ songId, weight: 1 })));
}

/** Every playlist counts the same, and so does each song in it; the song itself may stand there too. */
export function referencesOfPlaylists(songId: string, playlists: readonly (readonly string[])[]): Reference[] {
  const others = playlists.map((songs) => songs.filter((other) => other !== songId));
  return strongest(others.flatMap((songs) => songs.map((other) => ({ songId: other, weight: 1 / songs.length }))));
}

function strongest(references: readonly Reference[]): Reference[] {
  const weights = new Map<string, number>();
  for (const { songId, weight } of references) weights.set(songId, (weights.get(songId) ?? 0) + weight);
  const ordered = [...weights].map(([songId, weight]) => ({ songId, weight })).toSorted((a, b) => b.weight - a.weight);
  let room = maxIdCharacters;
  return ordered.slice(0, maxReferences).filter(({ songId }, i) => (room -= songId.length) >= 0 || i === 0);
}
