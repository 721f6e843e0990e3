import { parentPort, workerData } from 'node:worker_threads';
import { placeModel } from '../model/layout.ts';
import { createRanking } from './ranking.ts';
import { compileScan } from './scan.ts';
import type { ThreadData, ThreadQuestions } from './search-threads.ts';

/** A search thread: ranks what the slots of the shared memory ask, one message after the other. */
const { memory, shape, hasTree, kernel }: ThreadData = workerData;
const model = { ...placeModel(memory, shape), hasTree };
const ranking = createRanking(model, (await compileScan(kernel)).bind(memory));

parentPort?.on('message', ({ matrix, questions }: ThreadQuestions) => {
  const asked = questions.map(({ slot: i, k }) => ({ slot: model.slots[i] ?? model.slots[0], k }));
  parentPort?.postMessage(ranking.nearest(matrix, asked));
});
