import { existsSync } from "node:fs";
import { databasePath } from "./local-store.ts";
import type { CompletePlaylist } from "../../corpus/playlists.ts";
import { openDatabase } from "./database.ts";

/**
 * Reads all stored playlists in the order of their ids, from one snapshot of the database. The trainer process uses it
 * while the server writes. One playlist at a time is in memory.
 */
export function* readStoredPlaylists(dataDir: string): Generator<CompletePlaylist> {
  const path = databasePath(dataDir);
  if (!existsSync(path)) return;
  const database = openDatabase(path, { readOnly: true });
  try {
    for (const { id, songs } of database.prepare("SELECT id, songs FROM playlists ORDER BY id").iterate())
      yield { playlistId: String(id), songs: JSON.parse(String(songs)) };
  } finally {
    database.close();
  }
}
