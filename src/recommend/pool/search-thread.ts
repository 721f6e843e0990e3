import { parentPort, workerData } from "node:worker_threads";
import { viewModel } from "../../model/memory/layout.ts";
import { createBlender, measureBlendLatency } from "../ensemble/blender.ts";
import { compileScan } from "../vectors/scan.ts";
import { createVectorScores } from "../vectors/vector-scores.ts";
import { createVectorSearch } from "../vectors/vector-search.ts";
import { createRunSearches } from "./run-searches.ts";
import type { ReadyMessage, ResultMessage, SearchMessage, ThreadData } from "./search-threads.ts";

/** A search thread: runs the queries in slots of the shared memory, one message at a time. */
const { memory, shape, hasTree, kernel, thread, ownSlot, blendData }: ThreadData = workerData;
const model = { ...viewModel(memory, shape), hasTree };
const [firstSlot] = model.slots;
const slot = model.slots[ownSlot] ?? firstSlot;
// an earlier thread may have died in the middle of a search
slot.excluded.fill(0);
slot.visited.fill(0);
const search = createVectorSearch(model, (await compileScan(kernel)).bind(memory), { slot, thread });
const blender = blendData && (await createBlender(blendData, createVectorScores(search)));
const run = createRunSearches(search.ranker, blender);

parentPort?.postMessage({ blendMilliseconds: blender ? await measureBlendLatency(blender) : 0 } satisfies ReadyMessage);
parentPort?.on("message", ({ kind, queries }: SearchMessage) => {
  const started = performance.now();
  const found = run(
    kind,
    queries.map(({ slot, ...query }) => ({ ...query, slot: model.slots[slot] ?? firstSlot })),
  );
  parentPort?.postMessage({ found, milliseconds: performance.now() - started } satisfies ResultMessage);
});
