import { LRUCache } from 'lru-cache';
import type { Recommender } from '../recommend/recommender.ts';

/** What was answered before, by what was asked: of each model, and for as long as its provisional songs stay the same. */
export interface ModelCache<T extends object> {
  of(recommender: Recommender): LRUCache<string, T>;
}

/** Characters that are kept of one model, the questions' own among them. */
const mostKept = 64 << 20;

/**
 * Every model has a cache of its own, which goes when the model goes.
 * @param sizeOf how many characters an answer takes, roughly
 */
export function createModelCache<T extends object>(sizeOf: (answer: T) => number): ModelCache<T> {
  const caches = new WeakMap<Recommender, { readonly stamp: string; readonly cache: LRUCache<string, T> }>();
  return {
    of(recommender) {
      const { stamp } = recommender;
      const known = caches.get(recommender);
      if (known?.stamp === stamp) return known.cache;
      const cache = new LRUCache<string, T>({ maxSize: mostKept, sizeCalculation: (answer, question) => sizeOf(answer) + question.length + 200 });
      caches.set(recommender, { stamp, cache });
      return cache;
    },
  };
}
