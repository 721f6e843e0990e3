import { createError } from "../errors.ts";
import type { Recommender } from "../recommend/query/recommender.ts";
import type { AppDeps } from "./deps.ts";

/** @throws MODEL_NOT_READY with the progress of the training that will make the first model */
export function currentRecommender({ recommender, queue }: AppDeps): Recommender {
  const current = recommender();
  if (current) return current;
  const running = queue.list().find(({ state }) => state === "running");
  throw createError("MODEL_NOT_READY", running ? { progress: running.progress } : {});
}
