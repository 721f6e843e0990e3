import type { DatabaseSync } from "node:sqlite";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { type Call, failed, type Outcome, type Reads, runCall } from "./calls.ts";
import { openDatabase } from "./database.ts";
import { createReads } from "./reads.ts";
import { Reserve } from "./reserve.ts";
import { migrate } from "./schema.ts";
import { createWriter } from "./writer.ts";

export interface ThreadData {
  readonly path: string;
  /** Where the reserve is, for the thread that writes. */
  readonly reserve: string | null;
}

interface Runner {
  run(calls: readonly Call[]): Outcome[];
  close(): void;
}

function startWriter(path: string, reserve: string): Runner {
  const database = openDatabase(path, { readOnly: false });
  migrate(database);
  return { run: createWriter(database, new Reserve(reserve)), close: () => database.close() };
}

/** Opens the database when it is first asked: by then the thread that writes has made it. */
function startReader(path: string): Runner {
  let opened: { database: DatabaseSync; reads: Reads } | undefined;
  function open(): { database: DatabaseSync; reads: Reads } {
    const database = openDatabase(path, { readOnly: true });
    return { database, reads: createReads(database) };
  }
  return {
    run: (calls) =>
      calls.map((call) => {
        try {
          opened ??= open();
          return runCall(opened.reads, call);
        } catch (error) {
          return failed(error);
        }
      }),
    close: () => opened?.database.close(),
  };
}

/** A thread with the database open: takes batches of calls, answers each with its outcomes, and ends on null. */
function serve(port: MessagePort, { path, reserve }: ThreadData): void {
  try {
    const { run, close } = reserve === null ? startReader(path) : startWriter(path, reserve);
    port.on("message", (calls: readonly Call[] | null) => {
      if (calls !== null) return port.postMessage(run(calls));
      close();
      port.close();
    });
    port.postMessage([]);
  } catch (error) {
    port.postMessage([failed(error)]);
  }
}

if (parentPort) serve(parentPort, workerData);
