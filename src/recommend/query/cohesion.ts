import { type SongSummary, toSixDecimals } from "../catalogue/song-summary.ts";
import { findRow, summarizeAnySong, type ColdStartEmbeddings } from "../cold-start/embeddings.ts";
import type { Search } from "../pool/search.ts";
import { createSongVectors } from "../cold-start/song-vectors.ts";

type CohesionSearch = Pick<Search, "model" | "scoresOf">;

export interface PlaylistCheck extends Pick<Cohesion, "cohesion"> {
  readonly modelVersion: number;
  /** The known songs, each once, in the order of the query. */
  readonly items: (SongSummary & { readonly fit: number | null; readonly provisional?: true })[];
  /** Ids of the outliers, the worst first. */
  readonly oddOnesOut: string[];
  readonly unknownSongs: string[];
}

export function checkPlaylist(
  search: CohesionSearch,
  coldStart: ColdStartEmbeddings,
  songIds: readonly string[],
): PlaylistCheck {
  const { model } = search;
  const songs = [...new Set(songIds)].map((songId) => ({ songId, row: findRow(model, coldStart, songId) }));
  const rows = [...new Set(songs.map(({ row }) => row))].filter((row) => row !== undefined);
  const { cohesion, fits, outliers } = measureCohesion(search, coldStart, rows);
  const items = rows.map((row, i) => ({
    ...summarizeAnySong(model, coldStart, row),
    fit: cohesion === null ? null : toSixDecimals(fits[i] ?? 0),
  }));
  return {
    modelVersion: model.version,
    cohesion: cohesion === null ? null : toSixDecimals(cohesion),
    items,
    oddOnesOut: outliers.map((i) => items[i]?.songId ?? ""),
    unknownSongs: songs.filter(({ row }) => row === undefined).map(({ songId }) => songId),
  };
}

/** How similar the songs of a list are to each other. */
export interface Cohesion {
  /** The mean of `fits`; null for fewer than two songs. */
  readonly cohesion: number | null;
  /**
   * [n] Mean cosine of each song with the others, scaled so that a random song of the catalogue has 0 and an identical
   * one 1.
   */
  readonly fits: readonly number[];
  /**
   * Indices of the outliers, the worst first. There are none if the list has no common style: if the fit of its median
   * song is within one standard deviation of the fits of random songs.
   */
  readonly outliers: readonly number[];
}

/** Songs that represent the catalogue. */
const sampleSize = 2000;
/** A song is an outlier if its fit is below this share of the median. */
const outlierShare = 0.5;

/** @param rows distinct rows of known songs or cold-start songs */
export function measureCohesion(
  search: CohesionSearch,
  coldStart: ColdStartEmbeddings,
  rows: readonly number[],
): Cohesion {
  const songs = rows.length;
  if (songs < 2) return { cohesion: null, fits: rows.map(() => 0), outliers: [] };
  const { unitOf, scoresOf } = createSongVectors(search, coldStart);
  const mean = new Float32Array(search.model.stride);
  for (const row of rows) {
    const unit = unitOf(row);
    for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] as number) + (unit[i] as number) / songs;
  }
  const cosines = new Map<number, number>();
  const ascending = Uint32Array.from(rows).sort();
  scoresOf(mean, ascending).forEach((score, i) => cosines.set(ascending[i] ?? 0, (songs * score - 1) / (songs - 1)));
  const others = scoresOf(mean, sampleRows(search.model.counts.length, cosines));
  const baseline = others.reduce((sum, score) => sum + score, 0) / Math.max(1, others.length);
  const deviation = Math.sqrt(
    others.reduce((sum, score) => sum + (score - baseline) ** 2, 0) / Math.max(1, others.length),
  );
  const fits = rows.map((row) => ((cosines.get(row) ?? 0) - baseline) / (1 - baseline));
  const median = fits.toSorted((a, b) => a - b)[songs >> 1] ?? 0;
  const hasStyle = median > deviation / (1 - baseline);
  const outliers = hasStyle
    ? [...fits.keys()]
        .filter((i) => (fits[i] ?? 0) < outlierShare * median)
        .toSorted((a, b) => (fits[a] ?? 0) - (fits[b] ?? 0))
    : [];
  return { cohesion: fits.reduce((sum, fit) => sum + fit, 0) / songs, fits, outliers };
}

/** Returns evenly spaced rows, without those of the list. */
function sampleRows(rowCount: number, cosines: ReadonlyMap<number, unknown>): Uint32Array {
  const step = Math.max(1, rowCount / sampleSize);
  return Uint32Array.from({ length: Math.min(rowCount, sampleSize) }, (_, i) => Math.floor(i * step)).filter(
    (row) => !cosines.has(row),
  );
}
