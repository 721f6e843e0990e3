import { accessSync, constants } from "node:fs";
import { DatabaseSync } from "node:sqlite";

export interface FileLock {
  release(): void;
}

const sqliteBusy = 5;

/**
 * Locks a file, which is made if need be, until `release` or the end of this process, however it ends: a lock of the
 * operating system on an empty database, which holds between containers too, where process ids say nothing.
 *
 * @returns undefined where somebody has it
 * @throws why the file can not be opened
 */
export function lockFile(path: string): FileLock | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    accessSync(path, constants.W_OK); // of a file that can only be read the lock would be a shared one
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE"); // no file beside it
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === sqliteBusy) return undefined;
    throw error;
  }
  return { release: () => void (database.isOpen && database.close()) };
}
