import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { readApart, tell, type ThreadTask } from './load-threads.ts';
import { createPace } from './pace.ts';
import { indexPlaylists } from './playlist-index.ts';
import { readIndex, type ReadTask, readTables, type Tables } from './read.ts';
import { readBlocks, readModelApart } from './read-apart.ts';
import { lowerThreadPriority } from './thread-priority.ts';

/** A loading thread: reads a model and hands it over, or helps to, and is ended then. */
const task: ThreadTask = workerData;
const pace = createPace(Number.POSITIVE_INFINITY);

function read(): Promise<unknown> {
  if (task.part === 'tables') return tablesWithIndex(task);
  if (task.part === 'rows') return readBlocks(task);
  if (task.part === 'index') return readIndex(task, task.memory, task.shape, pace);
  lowerThreadPriority(task.niceness);
  return readModelApart(task, pace, { tables: (whole) => readApart({ ...whole, part: 'tables' }), rows: (rows) => readApart({ ...rows, part: 'rows' }), index: (index) => readApart({ ...index, part: 'index' }) }, task.niceness > 0 ? 1 : undefined);
}

async function tablesWithIndex(whole: ReadTask): Promise<Tables> {
  const tables = await readTables(whole, pace);
  return { ...tables, playlistIndex: tables.playlists && indexPlaylists(tables.playlists, whole.manifest.songs) };
}

if (!isMainThread) {
  const outcome = await tell(read);
  parentPort?.postMessage(outcome);
  parentPort?.on('message', () => outcome);
}
