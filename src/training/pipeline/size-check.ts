import type { Model } from "../../model/model.ts";
import type { Hyperparameters } from "../../word2vec/hyperparameters.ts";
import { planMemory } from "../../word2vec/kernel/plan.ts";
import { memoryLimit } from "./memory.ts";

/**
 * Refuses a training before it is queued, where the songs of the model that serves show that it can not fit. They come
 * from the same playlists, which are read anew only by the training itself; that weighs what it needs to the byte.
 * @throws TRAINING_TOO_LARGE
 */
export function assertTrainingFits({ counts }: Pick<Model, "counts">, hyperparameters: Hyperparameters): void {
  const { minCount, maxVocabulary } = hyperparameters;
  const kept = counts.subarray(0, Math.min(countAtLeast(counts, minCount), maxVocabulary ?? counts.length));
  let plays = 0;
  for (let row = 0; row < kept.length; row++) plays += kept[row] as number;
  const shape = { songs: kept.length, plays, playlists: 0, longestPlaylist: 0, pathNodes: 0, cases: 0, counts: kept };
  planMemory(shape, hyperparameters, { held: 0, limit: memoryLimit() });
}

/** How many counts, which never rise, are as large as this. */
function countAtLeast(counts: Uint32Array, least: number): number {
  let [low, high] = [0, counts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((counts[middle] as number) >= least) low = middle + 1;
    else high = middle;
  }
  return low;
}
