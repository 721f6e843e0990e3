import type { Model } from '../model/model.ts';
import type { Hyperparameters } from '../word2vec/hyperparameters.ts';
import { planMemory } from '../word2vec/kernel/plan.ts';
import { memoryLimit } from './memory.ts';

/**
 * Refuses a training before it is queued, where the songs of the model that serves show that it can not fit. They come
 * from the same playlists, which are read anew only by the training itself; that weighs what it needs to the byte.
 * @throws TRAINING_TOO_LARGE
 */
export function refuseTooLarge({ counts }: Pick<Model, 'counts'>, hyperparameters: Hyperparameters): void {
  const { minCount, maxVocabulary } = hyperparameters;
  const kept = counts.filter((count) => count >= minCount).subarray(0, maxVocabulary ?? undefined);
  const plays = kept.reduce((sum, count) => sum + count, 0);
  const shape = { songs: kept.length, plays, playlists: 0, longestPlaylist: 0, pathNodes: 0, cases: 0, counts: kept };
  planMemory(shape, hyperparameters, { held: 0, limit: memoryLimit() });
}
