import type { Model } from "../../model/model.ts";
import { type Excluded, excludes } from "../catalogue/mask.ts";
import type { IsOut, Newcomers } from "../cold-start/newcomers.ts";
import { vectorsOf } from "../cold-start/song-vectors.ts";
import type { Search } from "../pool/search.ts";

/** What may be answered: songs of the model and newcomers. */
export interface Scope {
  readonly here: Newcomers;
  readonly excluded: Excluded;
  readonly isOut: IsOut;
}

/** Whether a row, of the model or of a newcomer, may not be answered. */
export function leavesOut({ here, excluded, isOut }: Scope, { songs }: Pick<Model, "songs">): (row: number) => boolean {
  const out = excludes(excluded);
  return (row) => {
    const newcomer = here.at(row);
    return newcomer ? isOut(newcomer) : row >= songs.length || out.has(row);
  };
}

/** What reranking needs to know of the songs. */
export interface Catalogue {
  /** Of all rows, the most played first. */
  readonly length: number;
  songAt(row: number): { readonly title?: string; readonly artist?: string };
  playsOf(row: number): number;
  /** Cosines of one song with others, whose rows ascend [rows.length] */
  similarity(row: number, rows: Uint32Array): ArrayLike<number>;
}

/** What reranking needs to know of the model's songs and of newcomers. */
export function catalogueWith(here: Newcomers, search: Pick<Search, "model" | "scoresOf">): Catalogue {
  const { songs, counts } = search.model;
  const { unitOf, scoresOf } = vectorsOf(search, here);
  return {
    length: songs.length + here.size,
    songAt: (row) => here.at(row) ?? songs.at(row) ?? {},
    playsOf: (row) => counts[row] ?? 0,
    similarity: (row, others) => scoresOf(unitOf(row), others),
  };
}
