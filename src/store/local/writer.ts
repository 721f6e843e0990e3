import type { DatabaseSync } from "node:sqlite";
import { createError } from "../../errors.ts";
import { type Operation, toFailure, type OperationResult, runOperation } from "./operations.ts";
import { isOutOfSpace, transact } from "./database.ts";
import type { ReservedSpace } from "./reserved-space.ts";
import { createMutations, type PlaylistRow } from "./mutations.ts";

export type { PlaylistRow };

/** Interval between attempts to write to a full disk. */
const retryIntervalMs = 1000;

/** Removals also run on a full disk, in the space that was reserved. */
const isRemoval = ({ name }: Operation) => name === "remove" || name === "removeJobs" || name === "removeSongs";

/**
 * Runs a batch of operations in one transaction. On a full disk the reserved space is freed and removals continue;
 * other operations fail with STORAGE_FULL until the space can be reserved again.
 *
 * @param clock in milliseconds
 */
export function createWriter(
  database: DatabaseSync,
  reservedSpace: ReservedSpace,
  clock: () => number = () => performance.now(),
): (operations: readonly Operation[]) => OperationResult[] {
  const mutations = createMutations(database);
  let lastAttempt = Number.NEGATIVE_INFINITY;

  function hasSpace(): boolean {
    if (reservedSpace.isAllocated || clock() - lastAttempt < retryIntervalMs) return reservedSpace.isAllocated;
    lastAttempt = clock();
    try {
      reservedSpace.allocate();
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
    }
    return reservedSpace.isAllocated;
  }

  function commit(operations: readonly Operation[]): OperationResult[] {
    return operations.length === 0
      ? []
      : transact(database, () => operations.map((operation) => runOperation(mutations, operation)));
  }

  function commitRemovals(operations: readonly Operation[]): OperationResult[] {
    const removals = operations.filter(isRemoval);
    const results = attempt(() => commit(removals), removals);
    if (removals.length > 0) truncateLog();
    const storageFull = toFailure(createError("STORAGE_FULL"));
    return operations.map((operation) => (isRemoval(operation) ? (results.shift() ?? storageFull) : storageFull));
  }

  /** Moves the write-ahead log into the database, and frees its space. */
  function truncateLog(): void {
    try {
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
    }
  }

  return (operations) =>
    attempt(() => {
      if (!hasSpace()) return commitRemovals(operations);
      try {
        return commit(operations);
      } catch (error) {
        if (!isOutOfSpace(error)) throw error;
        lastAttempt = clock();
        reservedSpace.free();
        truncateLog();
        return commitRemovals(operations);
      }
    }, operations);
}

/** An error of the database is the result of every operation of the batch. */
function attempt(work: () => OperationResult[], operations: readonly Operation[]): OperationResult[] {
  try {
    return work();
  } catch (error) {
    return operations.map(() => toFailure(error));
  }
}
