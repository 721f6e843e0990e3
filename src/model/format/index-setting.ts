import type { Manifest } from "./manifest.ts";

/** Similarity search: `auto` uses an index for large models, `scan` never does, `hnsw` always does. */
export const indexSettings = ["auto", "scan", "hnsw"] as const;
export type IndexSetting = (typeof indexSettings)[number];

/** Bytes of int8 vectors that a scan reads in about 10 ms. */
const minIndexedBytes = 100e6;
const minRecall = 0.95;

export function shouldBuildIndex(
  { songs, vectorSize }: Pick<Manifest, "songs" | "vectorSize">,
  setting: IndexSetting,
): boolean {
  return setting === "hnsw" || (setting === "auto" && songs * vectorSize >= minIndexedBytes);
}

export function shouldUseIndex({ index }: Pick<Manifest, "index">, setting: IndexSetting): boolean {
  return index !== null && (setting === "hnsw" || (setting === "auto" && index.recallAt10 >= minRecall));
}
