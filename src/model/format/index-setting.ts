import type { Manifest } from "./manifest.ts";

/** Whether songs like a song are found by an index: where that is worth it, never, or wherever it can be. */
export const indexSettings = ["auto", "scan", "hnsw"] as const;
export type IndexSetting = (typeof indexSettings)[number];

/** Bytes of vectors that a scan takes about 10 ms for. */
const slowScan = 100e6;
/** What an index must find at least. */
const leastRecall = 0.95;

/** Whether a version gets an index. */
export function shouldBuildIndex(
  { songs, vectorSize }: Pick<Manifest, "songs" | "vectorSize">,
  setting: IndexSetting,
): boolean {
  return setting === "hnsw" || (setting === "auto" && songs * vectorSize >= slowScan);
}

/** Whether the index of a version is used, where it has one. */
export function shouldUseIndex({ index }: Pick<Manifest, "index">, setting: IndexSetting): boolean {
  return index !== null && (setting === "hnsw" || (setting === "auto" && index.recallAt10 >= leastRecall));
}
