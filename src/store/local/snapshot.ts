import { existsSync } from "node:fs";
import { databasePath } from "./local-store.ts";
import type { CompletePlaylist } from "../../corpus/playlists.ts";
import { openDatabase } from "./database.ts";

/**
 * Every stored playlist, by the order of their ids, as they were at one moment. For a process that trains:
 * it reads the database beside the server, so that nothing is copied, and holds one playlist at a time.
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
