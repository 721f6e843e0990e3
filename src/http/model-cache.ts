import type { Recommender } from "../recommend/recommender.ts";
import { createTextCache, type TextCache, type TextCacheOptions } from "./text-cache.ts";

/** What was answered before, by what was asked: of the model that serves, and for as long as its provisional songs stay the same. */
export type ModelCache = (recommender: Recommender) => TextCache | undefined;

/** Bytes that are kept, the questions' own among them. */
const mostKept = 32 << 20;

/** @param current the model that serves; others, whose late answers nobody will ask for again, have no cache */
export function createModelCache(
  current: () => Recommender | undefined,
  encoding: TextCacheOptions["encoding"],
): ModelCache {
  const texts = createTextCache({ bytes: mostKept, encoding });
  /** By what belongs to one model alone and does not keep it in memory. */
  let manifest: Recommender["model"]["manifest"] | undefined;
  let stamp = "";

  return (recommender) => {
    if (recommender !== current()) return undefined;
    if (manifest !== recommender.model.manifest || stamp !== recommender.stamp) {
      texts.clear();
      ({
        model: { manifest },
        stamp,
      } = recommender);
    }
    return texts;
  };
}
