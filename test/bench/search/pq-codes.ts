import { setTimeout } from "node:timers/promises";
import type { Model } from "../../../src/model/model.ts";
import { hasPqCodes } from "../../../src/recommend/vectors/int8-scan.ts";

/** Waits until the loading thread has completed the PQ codes of a model. */
export async function waitForPqCodes<T extends Pick<Model, "quantised" | "hasTree">>(model: T): Promise<T> {
  const {
    quantised: { input, output },
    hasTree,
  } = model;
  for (const matrix of hasTree ? [input] : [input, output])
    while (matrix.codes && !hasPqCodes(matrix)) await setTimeout(20);
  return model;
}
