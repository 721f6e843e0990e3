import { parentPort, workerData } from "node:worker_threads";
import { Song2vecError } from "../../errors.ts";
import { computeModelPqCodes } from "../memory/pq-codes.ts";
import type { LoadResult, LoadTask } from "./load.ts";
import { readModel } from "./read.ts";
import { lowerThreadPriority } from "./thread-priority.ts";

/** The loading thread: reads a model, posts it, then computes its PQ codes. Searches do without codes until then. */
const { niceness, ...task }: LoadTask = workerData;
const pqCodesNiceness = 10;

function post(result: LoadResult): void {
  parentPort?.postMessage(result);
}

lowerThreadPriority(niceness);
try {
  const parts = await readModel(task);
  post({ parts });
  lowerThreadPriority(pqCodesNiceness);
  await computeModelPqCodes(parts);
} catch (error) {
  if (!(error instanceof Song2vecError)) throw error;
  post({ corrupt: { file: String(error.params["file"]), reason: String(error.params["reason"]) } });
}
