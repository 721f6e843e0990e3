import { DatabaseSync } from "node:sqlite";

/**
 * Commits are durable (WAL, synchronous FULL), and readers are never blocked by a writer. Deleted content is
 * overwritten (secure_delete). The log is limited to 16 MiB, the page cache has 16 MiB.
 */
const pragmas = `
  PRAGMA journal_mode = WAL;
  PRAGMA secure_delete = FAST;
  PRAGMA synchronous = FULL;
  PRAGMA journal_size_limit = 16777216;
  PRAGMA cache_size = -16384;`;

export function openDatabase(path: string, { readOnly }: { readonly readOnly: boolean }): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly, timeout: 5000 });
  if (!readOnly) database.exec(pragmas);
  return database;
}

/** Runs work in a transaction, which is rolled back if it throws. */
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

const sqliteFull = 13;
const sqliteIoError = 10;

/** @returns whether an error of node:sqlite or node:fs means that the disk is full */
export function isOutOfSpace(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT")) return true;
  if (!("errcode" in error) || typeof error.errcode !== "number") return false;
  const primary = error.errcode & 0xff;
  return primary === sqliteFull || (primary === sqliteIoError && writeErrors.has(error.errcode));
}

/** SQLITE_IOERR_WRITE, _FSYNC, _TRUNCATE, _SHMSIZE and _SHMMAP, by which some systems report a full disk. */
const writeErrors = new Set([778, 1034, 1546, 4874, 5386]);
