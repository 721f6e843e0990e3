import type { DatabaseSync } from "node:sqlite";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { type Operation, toFailure, type OperationResult, type Queries, runOperation } from "./operations.ts";
import { openDatabase } from "./database.ts";
import { createQueries } from "./queries.ts";
import { ReservedSpace } from "./reserved-space.ts";
import { migrate } from "./schema.ts";
import { createWriter } from "./writer.ts";

export interface ThreadData {
  readonly path: string;
  /** Path of the reserved space for a writing thread; null for a reading thread */
  readonly reservedSpacePath: string | null;
}

interface Runner {
  run(operations: readonly Operation[]): OperationResult[];
  close(): void;
}

function startWriter(path: string, reservedSpacePath: string): Runner {
  const database = openDatabase(path, { readOnly: false });
  migrate(database);
  return { run: createWriter(database, new ReservedSpace(reservedSpacePath)), close: () => database.close() };
}

/** Opens the database on first use, when the writing thread has created it. */
function startReader(path: string): Runner {
  let opened: { database: DatabaseSync; queries: Queries } | undefined;
  function open(): { database: DatabaseSync; queries: Queries } {
    const database = openDatabase(path, { readOnly: true });
    return { database, queries: createQueries(database) };
  }
  return {
    run: (operations) =>
      operations.map((operation) => {
        try {
          opened ??= open();
          return runOperation(opened.queries, operation);
        } catch (error) {
          return toFailure(error);
        }
      }),
    close: () => opened?.database.close(),
  };
}

/** Runs batches of operations, posts the results of each batch, and exits on null. */
function startThread(port: MessagePort, { path, reservedSpacePath }: ThreadData): void {
  try {
    const { run, close } = reservedSpacePath === null ? startReader(path) : startWriter(path, reservedSpacePath);
    port.on("message", (operations: readonly Operation[] | null) => {
      if (operations !== null) return port.postMessage(run(operations));
      close();
      port.close();
    });
    port.postMessage([]);
  } catch (error) {
    port.postMessage([toFailure(error)]);
  }
}

if (parentPort) startThread(parentPort, workerData);
