import type { DatabaseSync } from "node:sqlite";
import { createError } from "../../errors.ts";
import type { JobRecord, StoreState, Precondition, SongRecord } from "../store.ts";

/** A playlist with its songs as JSON, as they are stored. */
export interface PlaylistRow {
  readonly playlistId: string;
  readonly songs: string;
}

/**
 * The write operations of a database. Each runs inside a transaction, and throws errors of song2vec before it changes
 * anything.
 */
export function createMutations(database: DatabaseSync) {
  const upsert = database.prepare(
    `INSERT INTO playlists (revision, id, songs, updated_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE
       SET revision = excluded.revision, songs = excluded.songs, updated_at = excluded.updated_at`,
  );
  const find = database.prepare("SELECT revision FROM playlists WHERE id = ?");
  const removeById = database.prepare("DELETE FROM playlists WHERE id = ?");
  const addRemoval = database.prepare("INSERT INTO removals VALUES (?)");
  const deleteRemovals = database.prepare("DELETE FROM removals WHERE revision <= ?");
  const saveJob = database.prepare(
    `INSERT INTO jobs (id, idempotency_key, document) VALUES (?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET document = excluded.document`,
  );
  const removeJob = database.prepare("DELETE FROM jobs WHERE id = ?");
  const saveSong = database.prepare(
    `INSERT INTO songs (id, document) VALUES (?, ?)
     ON CONFLICT (id) DO UPDATE SET document = excluded.document`,
  );
  const removeSong = database.prepare("DELETE FROM songs WHERE id = ?");
  const setState = database.prepare("UPDATE marks SET value = ? WHERE name = ?");
  const advanceRevision = database.prepare(
    "UPDATE marks SET value = value + ? WHERE name = 'revision' RETURNING value",
  );

  /** Allocates consecutive revisions. @returns the first */
  function allocateRevisions(count: number): number {
    return Number(advanceRevision.get(count)?.["value"]) - count + 1;
  }

  /** @returns the current revision, undefined if there is no playlist. @throws PLAYLIST_CHANGED */
  function checkPrecondition(playlistId: string, { match, noneMatch }: Precondition): number | undefined {
    const value = find.get(playlistId)?.["revision"];
    const revision = value === undefined ? undefined : Number(value);
    const isIn = (revisions: "*" | readonly number[]) =>
      revision !== undefined && (revisions === "*" || revisions.includes(revision));
    if ((match && !isIn(match)) || (noneMatch && isIn(noneMatch)))
      throw createError("PLAYLIST_CHANGED", { playlistId, etag: revision === undefined ? null : `"${revision}"` });
    return revision;
  }

  return {
    put(
      { playlistId, songs }: PlaylistRow,
      precondition: Precondition,
      now: string,
    ): { revision: number; created: boolean } {
      const created = checkPrecondition(playlistId, precondition) === undefined;
      const revision = allocateRevisions(1);
      upsert.run(revision, playlistId, songs, now);
      return { revision, created };
    },

    putAll(rows: readonly PlaylistRow[], now: string): void {
      let revision = allocateRevisions(rows.length);
      for (const { playlistId, songs } of rows) upsert.run(revision++, playlistId, songs, now);
    },

    remove(playlistId: string, precondition: Precondition): void {
      if (checkPrecondition(playlistId, precondition) === undefined)
        throw createError("PLAYLIST_NOT_FOUND", { playlistId });
      removeById.run(playlistId);
      addRemoval.run(allocateRevisions(1));
    },

    saveJob({ jobId, idempotencyKey, document }: JobRecord): void {
      saveJob.run(jobId, idempotencyKey, JSON.stringify(document));
    },

    removeJobs(jobIds: readonly string[]): void {
      for (const jobId of jobIds) removeJob.run(jobId);
    },

    saveSong({ songId, document }: SongRecord): void {
      saveSong.run(songId, JSON.stringify(document));
    },

    removeSongs(songIds: readonly string[]): void {
      for (const songId of songIds) removeSong.run(songId);
    },

    updateState(changes: Partial<StoreState>): void {
      for (const [name, value] of Object.entries(changes)) setState.run(value, name);
      if (changes.trainedRevision !== undefined) deleteRemovals.run(changes.trainedRevision);
    },
  };
}
