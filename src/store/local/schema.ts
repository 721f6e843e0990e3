import type { DatabaseSync } from "node:sqlite";
import { createError } from "../../errors.ts";

/** Migration n upgrades a database from version n to n + 1. A released migration is never changed. */
const migrations = [
  `CREATE TABLE playlists (
     revision INTEGER PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     songs TEXT NOT NULL,
     updated_at TEXT NOT NULL
   ) STRICT;
   CREATE TABLE removals (revision INTEGER PRIMARY KEY) STRICT;
   CREATE TABLE jobs (
     number INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     idempotency_key TEXT UNIQUE,
     document TEXT NOT NULL
   ) STRICT;
   CREATE TABLE marks (name TEXT PRIMARY KEY, value INTEGER) STRICT, WITHOUT ROWID;
   INSERT INTO marks VALUES ('revision', 0), ('trainedRevision', 0), ('activeVersion', NULL);`,
  `CREATE TABLE songs (
     number INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     document TEXT NOT NULL
   ) STRICT;`,
];

/** @throws STORE_TOO_NEW */
export function migrate(database: DatabaseSync, scripts: readonly string[] = migrations): void {
  const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (version > scripts.length) throw createError("STORE_TOO_NEW", { found: version, known: scripts.length });
  for (let next = version; next < scripts.length; next++) {
    database.exec(`BEGIN IMMEDIATE; ${scripts[next]} PRAGMA user_version = ${next + 1}; COMMIT;`);
  }
}
