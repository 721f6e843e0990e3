import { parentPort, workerData } from "node:worker_threads";
import { placeModel } from "../../model/memory/layout.ts";
import { createBlender, estimateBlend } from "../ensemble/blender.ts";
import { createRankTasks } from "./rank-tasks.ts";
import { compileScan } from "../vectors/scan.ts";
import { openSearchHere } from "../vectors/search-here.ts";
import type { ThreadData, ThreadAnswer, ThreadQuestions, ThreadReady } from "./search-threads.ts";
import { createWordScores } from "../vectors/word-scores.ts";

/** A search thread: ranks what the slots of the shared memory ask, one message after the other. */
const { memory, shape, hasTree, kernel, thread, ownSlot, blendData }: ThreadData = workerData;
const model = { ...placeModel(memory, shape), hasTree };
const [firstSlot] = model.slots;
const here = openSearchHere(model, (await compileScan(kernel)).bind(memory), {
  slot: model.slots[ownSlot] ?? firstSlot,
  thread,
});
const blender = blendData && (await createBlender(blendData, createWordScores(here)));
const tasks = createRankTasks(here.ranking, blender);

parentPort?.postMessage({ blendMilliseconds: blender ? await estimateBlend(blender) : 0 } satisfies ThreadReady);
parentPort?.on("message", ({ task, questions }: ThreadQuestions) => {
  const asked = questions.map(({ slot, ...question }) => ({ ...question, slot: model.slots[slot] ?? firstSlot }));
  const started = performance.now();
  const found = tasks(task, asked);
  parentPort?.postMessage({ found, milliseconds: performance.now() - started } satisfies ThreadAnswer);
});
