import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createError } from "../../errors.ts";

const lockFile = "server.lock";
const busy = 5;

/**
 * Makes a data folder this process's own, until `release` or the end of the process, however it ends: what holds it is a
 * lock of the operating system on an empty database.
 *
 * @throws DATA_DIR_IN_USE where another one has it; or why the folder can not be written
 */
export function occupy(dataDir: string): { release(): void } {
  const database = new DatabaseSync(join(resolve(dataDir), lockFile), { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === busy)
      throw createError("DATA_DIR_IN_USE", { path: dataDir }, { cause: error });
    throw error;
  }
  return { release: () => database.isOpen && database.close() };
}
