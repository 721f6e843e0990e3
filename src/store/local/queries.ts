import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { createError } from "../../errors.ts";
import type { JobRecord, StoreState, Playlist, SongRecord } from "../store.ts";

type Row = Record<string, SQLOutputValue>;

/** Characters of song lists after which a page ends. */
const maxPageLength = 1 << 20;

/** The read operations of a database. */
export function createQueries(database: DatabaseSync) {
  const byId = database.prepare("SELECT * FROM playlists WHERE id = ?");
  const after = database.prepare("SELECT * FROM playlists WHERE id > ? ORDER BY id LIMIT ?");
  const total = database.prepare("SELECT count(*) AS value FROM playlists");
  const stored = database.prepare("SELECT count(*) AS value FROM playlists WHERE revision > ?");
  const removed = database.prepare("SELECT count(*) AS value FROM removals WHERE revision > ?");
  const jobs = database.prepare("SELECT id, idempotency_key, document FROM jobs ORDER BY number");
  const songs = database.prepare("SELECT id, document FROM songs ORDER BY number");
  const stateRows = database.prepare("SELECT name, value FROM marks");

  function stateValues(): Map<string, number | null> {
    return new Map(stateRows.all().map(({ name, value }) => [String(name), value === null ? null : Number(value)]));
  }

  return {
    get(playlistId: string): Playlist {
      const row = byId.get(playlistId);
      if (!row) throw createError("PLAYLIST_NOT_FOUND", { playlistId });
      return toPlaylist(row);
    },

    page(first: string, limit: number): { playlists: Playlist[]; more: boolean } {
      const playlists: Playlist[] = [];
      let remaining = maxPageLength;
      for (const row of after.iterate(first, limit + 1)) {
        if (playlists.length === limit || remaining <= 0) return { playlists, more: true };
        playlists.push(toPlaylist(row));
        remaining -= String(row["songs"]).length;
      }
      return { playlists, more: false };
    },

    count: (): number => Number(total.get()?.["value"]),
    revision: (): number => stateValues().get("revision") ?? 0,
    changesSince: (revision: number): number =>
      Number(stored.get(revision)?.["value"]) + Number(removed.get(revision)?.["value"]),

    jobs: (): JobRecord[] =>
      jobs.all().map(({ id, idempotency_key: key, document }) => ({
        jobId: String(id),
        idempotencyKey: key === null ? null : String(key),
        document: JSON.parse(String(document)),
      })),

    songs: (): SongRecord[] =>
      songs.all().map(({ id, document }) => ({ songId: String(id), document: JSON.parse(String(document)) })),

    state(): StoreState {
      const values = stateValues();
      return {
        activeVersion: values.get("activeVersion") ?? null,
        trainedRevision: values.get("trainedRevision") ?? 0,
      };
    },
  };
}

function toPlaylist({ id, songs, revision, updated_at: updatedAt }: Row): Playlist {
  return {
    playlistId: String(id),
    songs: JSON.parse(String(songs)),
    revision: Number(revision),
    updatedAt: String(updatedAt),
  };
}
