import { accessSync, constants } from "node:fs";
import { DatabaseSync } from "node:sqlite";

export interface FileLock {
  release(): void;
}

const sqliteBusy = 5;

/**
 * Locks a file until `release` or the end of this process. The file is created if it does not exist.
 *
 * The lock is an operating-system lock on an empty SQLite database. It also works between containers, whose process ids
 * are unrelated.
 *
 * @returns undefined if another process or connection holds the lock
 * @throws the error of SQLite or node:fs if the file cannot be opened for writing
 */
export function lockFile(path: string): FileLock | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    accessSync(path, constants.W_OK); // a lock on a read-only file would be shared
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE"); // no journal file
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === sqliteBusy) return undefined;
    throw error;
  }
  return { release: () => void (database.isOpen && database.close()) };
}
