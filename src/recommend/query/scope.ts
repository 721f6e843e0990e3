import type { Model } from "../../model/model.ts";
import type { ArtistKey } from "../catalogue/artists.ts";
import type { FilterMask } from "../catalogue/filter.ts";
import { combineExclusions, type Excluded, toRowSet } from "../catalogue/mask.ts";
import type { IsExcluded, ColdStartEmbeddings } from "../cold-start/embeddings.ts";
import { createSongVectors } from "../cold-start/song-vectors.ts";
import type { Search } from "../pool/search.ts";

/** The songs that may be recommended. */
export interface Scope {
  readonly coldStart: ColdStartEmbeddings;
  readonly excluded: Excluded;
  readonly isExcluded: IsExcluded;
}

/** Makes a test for excluded rows, of known songs and cold-start songs. */
export function exclusionTest(
  { coldStart, excluded, isExcluded }: Scope,
  { songs }: Pick<Model, "songs">,
): (row: number) => boolean {
  const excludedRows = toRowSet(excluded);
  return (row) => {
    const song = coldStart.at(row);
    return song ? isExcluded(song) : row >= songs.length || excludedRows.has(row);
  };
}

/** Song data for reranking. */
export interface Catalogue {
  /** Number of rows, the most played first. */
  readonly length: number;
  songAt(row: number): { readonly title?: string; readonly artist?: string };
  /** Number of playlists with the song. */
  popularityOf(row: number): number;
  readonly artistKey: ArtistKey;
  /** Cosines of one song with others. @param rows ascending @returns [rows.length] */
  similarity(row: number, rows: Uint32Array): ArrayLike<number>;
}

/** Makes the reranking data of known songs and cold-start songs. */
export function createCatalogue(
  coldStart: ColdStartEmbeddings,
  search: Pick<Search, "model" | "scoresOf">,
  artistKey: ArtistKey,
): Catalogue {
  const { songs, popularity } = search.model;
  const { unitOf, scoresOf } = createSongVectors(search, coldStart);
  return {
    length: songs.length + coldStart.size,
    songAt: (row) => coldStart.at(row) ?? songs.at(row) ?? {},
    popularityOf: (row) => popularity.counts[row] ?? 0,
    artistKey,
    similarity: (row, others) => scoresOf(unitOf(row), others),
  };
}

/** @param excludedRows rows of known songs and cold-start songs */
export function createScope(
  { songs }: Pick<Model, "songs">,
  coldStart: ColdStartEmbeddings,
  excludedRows: readonly number[],
  { filteredOut, candidates }: { readonly filteredOut?: FilterMask; readonly candidates?: readonly number[] },
): Scope {
  const isKnown = (row: number) => row < songs.length;
  const [excluded, allowed] = [new Set(excludedRows), candidates && new Set(candidates)];
  return {
    coldStart,
    excluded: combineExclusions(new Set(excludedRows.filter(isKnown)), songs.length, {
      filteredOut,
      candidates: candidates?.filter(isKnown),
    }),
    isExcluded(song) {
      const row = coldStart.rowOf(song.songId) ?? -1;
      return excluded.has(row) || filteredOut?.has(song) === true || allowed?.has(row) === false;
    },
  };
}
