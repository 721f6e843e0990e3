import type { Model } from "../../model/model.ts";
import { createSongFinder, type SongFinder } from "../catalogue/find-songs.ts";
import type { Named } from "../catalogue/named.ts";
import { nameOfAny, type Newcomers } from "../cold-start/newcomers.ts";

export interface FoundSong extends Named {
  /** Plays in the training playlists. */
  readonly count: number;
  readonly provisional?: true;
}

/**
 * First the song with this very id, then the most played; newcomers come last.
 *
 * @param query see `SongFinder.find`; undefined finds all
 */
export type NameSearch = (query: string | undefined, limit: number) => Promise<FoundSong[]>;

/** Opens the search through the songs of a model and newcomers. Its names are folded when it is first opened: models nobody searches take nothing. */
export function createNameSearches(): (model: Model, here: Newcomers) => Promise<NameSearch> {
  const finders = new WeakMap<Model | Newcomers, Promise<SongFinder>>();

  function finderOf(key: Model | Newcomers, make: () => Promise<SongFinder>): Promise<SongFinder> {
    const known = finders.get(key);
    if (known) return known;
    const made = make();
    finders.set(key, made);
    return made;
  }

  return async (model, here) => {
    const ofModel = await finderOf(model, () => createSongFinder(model));
    const ofNewcomers =
      here.size === 0 ? undefined : await finderOf(here, () => createSongFinder(namesOf(here, model)));

    async function find(query: string, limit: number): Promise<number[]> {
      const known = await ofModel.find(query, limit);
      if (!ofNewcomers) return known;
      const places = await ofNewcomers.find(query, limit);
      const rows = places.map((place) => model.songs.length + place);
      const exact = rows.filter((row) => here.at(row)?.songId === query);
      return [...new Set([...exact, ...known, ...rows])].slice(0, limit);
    }

    return async (query, limit) => {
      const all = model.songs.length + here.size;
      const rows =
        query === undefined ? Array.from({ length: Math.min(limit, all) }, (_, row) => row) : await find(query, limit);
      return rows.map((row) => ({ ...nameOfAny(model, here, row), count: model.counts[row] ?? 0 }));
    };
  };
}

function namesOf(here: Newcomers, { songs }: Model): Parameters<typeof createSongFinder>[0] {
  function* named() {
    for (const { songId, ...song } of here.all) yield { id: songId, ...song };
  }
  const placeOf = (songId: string) => {
    const row = here.rowOf(songId);
    return row === undefined ? undefined : row - songs.length;
  };
  return { songs: named(), rows: { get: placeOf } };
}
