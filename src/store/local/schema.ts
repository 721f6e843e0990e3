import type { DatabaseSync } from "node:sqlite";
import { createError } from "../../errors.ts";

/** Each brings a database from the version of its place to the next one. What was released is never changed. */
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
export function migrate(database: DatabaseSync, steps: readonly string[] = migrations): void {
  const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (version > steps.length) throw createError("STORE_TOO_NEW", { found: version, known: steps.length });
  for (let next = version; next < steps.length; next++) {
    database.exec(`BEGIN IMMEDIATE; ${steps[next]} PRAGMA user_version = ${next + 1}; COMMIT;`);
  }
}
