import { LRUCache } from 'lru-cache';
import type { Recommender } from '../recommend/recommender.ts';

/** What was answered before, by what was asked: of each model, and for as long as its provisional songs stay the same. */
export interface ModelCache<T extends object> {
  of(recommender: Recommender): LRUCache<string, T>;
}

/** Characters that are kept of one model, the questions' own among them. */
const mostKept = 64 << 20;

/**
 * Every model has a cache of its own, which is let go once another one answers.
 * @param sizeOf how many characters an answer takes, roughly
 */
export function createModelCache<T extends object>(sizeOf: (answer: T) => number): ModelCache<T> {
  const caches = new WeakMap<Recommender, { readonly stamp: string; readonly cache: LRUCache<string, T> }>();
  let latest: Recommender | undefined;

  function cacheOf(recommender: Recommender): LRUCache<string, T> {
    const { stamp } = recommender;
    const known = caches.get(recommender);
    if (known?.stamp === stamp) return known.cache;
    const cache = new LRUCache<string, T>({ maxSize: mostKept, sizeCalculation: (answer, question) => sizeOf(answer) + question.length + 200 });
    caches.set(recommender, { stamp, cache });
    return cache;
  }

  return {
    of(recommender) {
      if (latest && recommender !== latest) caches.delete(latest); // a model that was replaced may stay, its answers need not
      latest = recommender;
      return cacheOf(recommender);
    },
  };
}
