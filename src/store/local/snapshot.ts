import { existsSync } from 'node:fs';
import { databasePath } from './local-store.ts';
import { openDatabase } from './database.ts';

/**
 * The songs of every stored playlist, by the order of their ids, as they were at one moment. For a process that trains:
 * it reads the database beside the server, so that nothing is copied, and holds one playlist at a time.
 */
export function* readStoredPlaylists(dataDir: string): Generator<readonly string[]> {
  const path = databasePath(dataDir);
  if (!existsSync(path)) return;
  const database = openDatabase(path, { readOnly: true });
  try {
    for (const { songs } of database.prepare('SELECT songs FROM playlists ORDER BY id').iterate()) yield JSON.parse(String(songs));
  } finally {
    database.close();
  }
}
