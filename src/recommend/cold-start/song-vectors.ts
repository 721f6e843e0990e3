import { similarityQuery } from "../vectors/mean.ts";
import { dot, type ColdStartEmbeddings } from "./embeddings.ts";
import type { Search } from "../pool/search.ts";

/** Unit vectors of known songs and cold-start songs. */
export interface SongVectors {
  /** @returns [stride] */
  unitOf(row: number): Float32Array;
  /** Dot products of a vector with songs. @param rows ascending @returns [rows.length] */
  scoresOf(vector: Float32Array, rows: Uint32Array): Float32Array;
}

export function createSongVectors(
  { model, scoresOf }: Pick<Search, "model" | "scoresOf">,
  coldStart: ColdStartEmbeddings,
): SongVectors {
  return {
    unitOf: (row) => coldStart.at(row)?.unit ?? similarityQuery(model, [{ row, weight: 1 }]),
    scoresOf(vector, rows) {
      const first = rows.findIndex((row) => row >= model.songs.length);
      if (first < 0) return scoresOf("input", vector, rows);
      const scores = new Float32Array(rows.length);
      if (first > 0) scores.set(scoresOf("input", vector, rows.subarray(0, first)));
      for (let i = first; i < rows.length; i++) scores[i] = dot(vectorOf(coldStart, rows[i] ?? 0), vector);
      return scores;
    },
  };
}

function vectorOf(coldStart: ColdStartEmbeddings, row: number): Float32Array {
  const song = coldStart.at(row);
  if (!song) throw new RangeError(`row ${row} is not a cold-start song`);
  return song.unit;
}
