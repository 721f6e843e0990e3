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
  /** Where the reserve is, for the thread that writes. */
  readonly reservedSpacePath: string | null;
}

interface Runner {
  run(calls: readonly Operation[]): OperationResult[];
  close(): void;
}

function startWriter(path: string, reserve: string): Runner {
  const database = openDatabase(path, { readOnly: false });
  migrate(database);
  return { run: createWriter(database, new ReservedSpace(reserve)), close: () => database.close() };
}

/** Opens the database when it is first asked: by then the thread that writes has made it. */
function startReader(path: string): Runner {
  let opened: { database: DatabaseSync; reads: Queries } | undefined;
  function open(): { database: DatabaseSync; reads: Queries } {
    const database = openDatabase(path, { readOnly: true });
    return { database, reads: createQueries(database) };
  }
  return {
    run: (calls) =>
      calls.map((call) => {
        try {
          opened ??= open();
          return runOperation(opened.reads, call);
        } catch (error) {
          return toFailure(error);
        }
      }),
    close: () => opened?.database.close(),
  };
}

/** A thread with the database open: takes batches of calls, answers each with its outcomes, and ends on null. */
function serve(port: MessagePort, { path, reservedSpacePath: reserve }: ThreadData): void {
  try {
    const { run, close } = reserve === null ? startReader(path) : startWriter(path, reserve);
    port.on("message", (calls: readonly Operation[] | null) => {
      if (calls !== null) return port.postMessage(run(calls));
      close();
      port.close();
    });
    port.postMessage([]);
  } catch (error) {
    port.postMessage([toFailure(error)]);
  }
}

if (parentPort) serve(parentPort, workerData);
