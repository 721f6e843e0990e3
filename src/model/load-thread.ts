import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { startReading, tell, type ThreadTask } from './load-threads.ts';
import { createPace } from './pace.ts';
import { type ModelParts, readModel, readSongTable } from './read.ts';
import type { SongBytes } from './songs.ts';

/** A loading thread: reads a model and hands it over, or its songs alone. It keeps hold of what it read until it is ended. */
const task: ThreadTask = workerData;
const pace = createPace(Number.POSITIVE_INFINITY);

function read(): Promise<ModelParts | SongBytes> {
  if (task.part === 'songs') return readSongTable(task, pace);
  const songs = startReading({ ...task, part: 'songs' });
  songs.outcome.catch(() => {}); // whoever waits for it hears of it
  return readModel(task, pace, songs.outcome).finally(() => void songs.worker.terminate());
}

if (!isMainThread) {
  const outcome = await tell(read);
  parentPort?.postMessage(outcome);
  parentPort?.on('message', () => outcome);
}
