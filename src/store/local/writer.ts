import type { DatabaseSync } from "node:sqlite";
import { createError } from "../../errors.ts";
import { type Operation, toFailure, type OperationResult, runOperation } from "./operations.ts";
import { isOutOfSpace, transact } from "./database.ts";
import type { ReservedSpace } from "./reserved-space.ts";
import { createMutations, type PlaylistRow } from "./mutations.ts";

export type { PlaylistRow };

/** Milliseconds after which a full disk is tried again. */
const tryAgainAfter = 1000;

/** They are done on a full disk too, with the room that the reserve leaves. */
const makesRoom = ({ name }: Operation) => name === "remove" || name === "removeJobs" || name === "removeSongs";

/**
 * Runs calls that came together in one transaction. On a full disk the reserve is let go, removals go on, and every
 * other call fails with STORAGE_FULL until the reserve could be taken again.
 */
export function createWriter(
  database: DatabaseSync,
  reserve: ReservedSpace,
  clock: () => number = () => performance.now(),
): (calls: readonly Operation[]) => OperationResult[] {
  const writes = createMutations(database);
  let tried = Number.NEGATIVE_INFINITY;

  function hasRoom(): boolean {
    if (reserve.isAllocated || clock() - tried < tryAgainAfter) return reserve.isAllocated;
    tried = clock();
    try {
      reserve.allocate();
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
    }
    return reserve.isAllocated;
  }

  function commit(calls: readonly Operation[]): OperationResult[] {
    return calls.length === 0 ? [] : transact(database, () => calls.map((call) => runOperation(writes, call)));
  }

  function commitRemovals(calls: readonly Operation[]): OperationResult[] {
    const removals = calls.filter(makesRoom);
    const outcomes = attempt(() => commit(removals), removals);
    if (removals.length > 0) shrink();
    const refused = toFailure(createError("STORAGE_FULL"));
    return calls.map((call) => (makesRoom(call) ? (outcomes.shift() ?? refused) : refused));
  }

  /** Moves what the log holds into the database, and gives its room back. */
  function shrink(): void {
    try {
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
    }
  }

  return (calls) =>
    attempt(() => {
      if (!hasRoom()) return commitRemovals(calls);
      try {
        return commit(calls);
      } catch (error) {
        if (!isOutOfSpace(error)) throw error;
        tried = clock();
        reserve.free();
        shrink();
        return commitRemovals(calls);
      }
    }, calls);
}

function attempt(work: () => OperationResult[], calls: readonly Operation[]): OperationResult[] {
  try {
    return work();
  } catch (error) {
    return calls.map(() => toFailure(error));
  }
}
