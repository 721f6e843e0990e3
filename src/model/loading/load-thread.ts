import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { makeModelCodes } from "../memory/codes.ts";
import { type ModelTask, readApart, tell, type ThreadTask } from "./load-threads.ts";
import { createPace } from "../pace.ts";
import { indexPlaylists } from "../memory/playlist-index.ts";
import { readIndex, type ReadTask, readTables, type Tables } from "./read.ts";
import { type IndexTask, readBlocks, readModelApart, type RowsTask } from "./read-apart.ts";
import { lowerThreadPriority } from "./thread-priority.ts";

/** A loading thread: reads a model and hands it over, or helps to and is ended then. */
const task: ThreadTask = workerData;
const pace = createPace(Number.POSITIVE_INFINITY);
/** Nobody waits for codes: until they are made searches do without. */
const nicenessOfCodes = 10;

async function readWhole(whole: ModelTask): Promise<void> {
  lowerThreadPriority(whole.niceness);
  const helpers = {
    tables: (tables: ReadTask) => readApart<Tables>({ ...tables, part: "tables" }),
    rows: (rows: RowsTask) => readApart<void>({ ...rows, part: "rows" }),
    index: (index: IndexTask) => readApart<void>({ ...index, part: "index" }),
  };
  const outcome = await tell(() => readModelApart(whole, pace, helpers, whole.niceness > 0 ? 1 : undefined));
  parentPort?.postMessage(outcome);
  if (!("read" in outcome)) return;
  lowerThreadPriority(nicenessOfCodes);
  await makeModelCodes(outcome.read, pace);
}

function readPart(part: Exclude<ThreadTask, { readonly part: "model" }>): Promise<unknown> {
  if (part.part === "tables") return tablesWithIndex(part);
  if (part.part === "rows") return readBlocks(part);
  return readIndex(part, part.memory, part.shape, pace);
}

async function tablesWithIndex(whole: ReadTask): Promise<Tables> {
  const tables = await readTables(whole, pace);
  return { ...tables, playlistIndex: tables.playlists && indexPlaylists(tables.playlists, whole.manifest.songs) };
}

if (!isMainThread) {
  if (task.part === "model") await readWhole(task);
  else {
    const outcome = await tell(() => readPart(task));
    parentPort?.postMessage(outcome);
    parentPort?.on("message", () => outcome);
  }
}
