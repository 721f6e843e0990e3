import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { syncFolder } from "../../model/format/durable.ts";
import type { Playlist, PlaylistContent, Store } from "../store.ts";
import type { Queries, Mutations } from "./operations.ts";
import { openClient } from "./client.ts";
import type { PlaylistRow } from "./writer.ts";

const databaseFile = "song2vec.db";
const reservedSpaceFile = "reserve";

export function databasePath(dataDir: string): string {
  return join(resolve(dataDir), databaseFile);
}

/**
 * Opens the SQLite store of a data directory, with one thread that writes and one that reads.
 *
 * @param dataDir created if it does not exist
 * @throws STORE_TOO_NEW, STORAGE_FULL, INTERNAL if the file is not a database
 */
export async function openLocalStore(dataDir: string, clock: () => Date = () => new Date()): Promise<Store> {
  await mkdir(dataDir, { recursive: true });
  const path = databasePath(dataDir);
  const reading = openClient<Queries>({ path, reservedSpacePath: null });
  const writer = await openClient<Mutations>({
    path,
    reservedSpacePath: join(resolve(dataDir), reservedSpaceFile),
  }).catch(async (error: unknown) => {
    await (await reading).close();
    throw error;
  });
  const reader = await reading;
  await syncFolder(dataDir);
  async function close(): Promise<void> {
    await reader.close(); // the writer must close the database last, to empty its log
    await writer.close();
  }
  const now = () => clock().toISOString();

  return {
    playlists: {
      async put(content, precondition = {}) {
        const updatedAt = now();
        const { revision, created } = await writer.run("put", toRow(content), precondition, updatedAt);
        const playlist: Playlist = { playlistId: content.playlistId, songs: content.songs, revision, updatedAt };
        return { playlist, created };
      },
      async putAll(playlists) {
        if (playlists.length > 0) await writer.run("putAll", playlists.map(toRow), now());
      },
      get: (playlistId) => reader.run("get", playlistId),
      remove: (playlistId, precondition = {}) => writer.run("remove", playlistId, precondition),
      page: ({ after = "", limit }) => reader.run("page", after, limit),
      count: () => reader.run("count"),
      revision: () => reader.run("revision"),
      changesSince: (revision) => reader.run("changesSince", revision),
    },
    jobs: {
      save: (job) => writer.run("saveJob", job),
      list: () => reader.run("jobs"),
      remove: (jobIds) => writer.run("removeJobs", jobIds),
    },
    songs: {
      save: (song) => writer.run("saveSong", song),
      list: () => reader.run("songs"),
      remove: (songIds) => writer.run("removeSongs", songIds),
    },
    state: () => reader.run("state"),
    updateState: (changes) => writer.run("updateState", changes),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function toRow({ playlistId, songs }: PlaylistContent): PlaylistRow {
  return { playlistId, songs: JSON.stringify(songs) };
}
