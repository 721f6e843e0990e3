import type { Model } from "../../model/model.ts";
import type { Hyperparameters } from "../../word2vec/hyperparameters.ts";
import { planMemory } from "../../word2vec/kernel/plan.ts";
import { memoryLimit } from "./memory.ts";

/**
 * Checks before a training is queued whether it can fit into memory, judging by the songs of the active model. The
 * training itself reads the playlists again and computes its exact memory.
 * @throws TRAINING_TOO_LARGE
 */
export function assertTrainingFits({ counts }: Pick<Model, "counts">, hyperparameters: Hyperparameters): void {
  const { minCount, maxVocabulary } = hyperparameters;
  const kept = counts.subarray(0, Math.min(countAtLeast(counts, minCount), maxVocabulary ?? counts.length));
  let plays = 0;
  for (let row = 0; row < kept.length; row++) plays += kept[row] as number;
  const shape = { songs: kept.length, plays, playlists: 0, longestPlaylist: 0, pathNodes: 0, cases: 0, counts: kept };
  planMemory(shape, hyperparameters, { usedBytes: 0, limit: memoryLimit() });
}

/** @param counts descending. @returns how many counts are at least `minimum` */
function countAtLeast(counts: Uint32Array, minimum: number): number {
  let [low, high] = [0, counts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((counts[middle] as number) >= minimum) low = middle + 1;
    else high = middle;
  }
  return low;
}
