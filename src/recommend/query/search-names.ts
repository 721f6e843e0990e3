import type { Model } from "../../model/model.ts";
import { createSongFinder, type SongFinder } from "../catalogue/find-songs.ts";
import type { SongSummary } from "../catalogue/song-summary.ts";
import { summarizeAnySong, type ColdStartEmbeddings } from "../cold-start/embeddings.ts";

export interface FoundSong extends SongSummary {
  /** Plays in the training playlists. */
  readonly count: number;
  readonly provisional?: true;
}

/**
 * Finds songs by name. The song with exactly this id comes first, then the most played songs, then cold-start songs.
 *
 * @param query see `SongFinder.find`; undefined finds all songs
 */
export type NameSearch = (query: string | undefined, limit: number) => Promise<FoundSong[]>;

/** Creates searches by name. The names of a model are folded by its first search, and cached with the model. */
export function createNameSearches(): (model: Model, coldStart: ColdStartEmbeddings) => Promise<NameSearch> {
  const finders = new WeakMap<Model | ColdStartEmbeddings, Promise<SongFinder>>();

  function cachedFinder(key: Model | ColdStartEmbeddings, make: () => Promise<SongFinder>): Promise<SongFinder> {
    const cached = finders.get(key);
    if (cached) return cached;
    const made = make();
    finders.set(key, made);
    return made;
  }

  return async (model, coldStart) => {
    const modelFinder = await cachedFinder(model, () => createSongFinder(model));
    const coldStartFinder =
      coldStart.size === 0
        ? undefined
        : await cachedFinder(coldStart, () => createSongFinder(namesOf(coldStart, model)));

    async function find(query: string, limit: number): Promise<number[]> {
      const modelRows = await modelFinder.find(query, limit);
      if (!coldStartFinder) return modelRows;
      const indices = await coldStartFinder.find(query, limit);
      const rows = indices.map((index) => model.songs.length + index);
      const exact = coldStart.rowOf(query);
      return [...new Set([...(exact === undefined ? [] : [exact]), ...modelRows, ...rows])].slice(0, limit);
    }

    return async (query, limit) => {
      const all = model.songs.length + coldStart.size;
      const rows =
        query === undefined ? Array.from({ length: Math.min(limit, all) }, (_, row) => row) : await find(query, limit);
      return rows.map((row) => ({ ...summarizeAnySong(model, coldStart, row), count: model.counts[row] ?? 0 }));
    };
  };
}

function namesOf(coldStart: ColdStartEmbeddings, { songs }: Model): Parameters<typeof createSongFinder>[0] {
  function* summaries() {
    for (const { songId, ...song } of coldStart.all) yield { id: songId, ...song };
  }
  const indexOf = (songId: string) => {
    const row = coldStart.rowOf(songId);
    return row === undefined ? undefined : row - songs.length;
  };
  return { songs: summaries(), rows: { get: indexOf } };
}
