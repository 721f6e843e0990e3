import { DatabaseSync } from "node:sqlite";

/** A commit returns once it is safe on the disk (WAL and FULL); readers see the last commit, and wait for no writer. What is deleted is overwritten. */
const durable =
  "PRAGMA journal_mode = WAL; PRAGMA secure_delete = FAST; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -16384;";

export function openDatabase(path: string, { readOnly }: { readonly readOnly: boolean }): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly, timeout: 5000 });
  if (!readOnly) database.exec(durable);
  return database;
}

/** Runs work in a transaction: all of it is committed, or none. */
export function transact<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

const full = 13;
const ioError = 10;

/** Whether an error of node:sqlite or node:fs says that there is no room left on the disk. */
export function isOutOfSpace(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT")) return true;
  if (!("errcode" in error) || typeof error.errcode !== "number") return false;
  const primary = error.errcode & 0xff;
  return primary === full || (primary === ioError && writing.has(error.errcode));
}

/** SQLITE_IOERR_WRITE, _FSYNC, _TRUNCATE, _SHMSIZE and _SHMMAP: some systems report a full disk so. */
const writing = new Set([778, 1034, 1546, 4874, 5386]);
