import { similarityQuery } from "../vectors/mean.ts";
import { dot, type Newcomers } from "./newcomers.ts";
import type { Search } from "../pool/search.ts";

/** Unit vectors of the songs of a model and of newcomers [stride] */
export interface SongVectors {
  unitOf(row: number): Float32Array;
  /** Of a vector the dot products with those of some songs, whose rows ascend [rows.length] */
  scoresOf(vector: Float32Array, rows: Uint32Array): Float32Array;
}

export function vectorsOf({ model, scoresOf }: Pick<Search, "model" | "scoresOf">, here: Newcomers): SongVectors {
  return {
    unitOf: (row) => here.at(row)?.unit ?? similarityQuery(model, [{ row, weight: 1 }]),
    scoresOf(vector, rows) {
      const first = rows.findIndex((row) => row >= model.songs.length);
      if (first < 0) return scoresOf("input", vector, rows);
      const scores = new Float32Array(rows.length);
      if (first > 0) scores.set(scoresOf("input", vector, rows.subarray(0, first)));
      for (let i = first; i < rows.length; i++) scores[i] = dot(vectorOf(here, rows[i] ?? 0), vector);
      return scores;
    },
  };
}

function vectorOf(here: Newcomers, row: number): Float32Array {
  const newcomer = here.at(row);
  if (!newcomer) throw new RangeError(`there is no newcomer of row ${row}`);
  return newcomer.unit;
}
