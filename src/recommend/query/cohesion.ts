import { type SongSummary, toSixDecimals } from "../catalogue/song-summary.ts";
import { findRow, summarizeAnySong, type ColdStartEmbeddings } from "../cold-start/embeddings.ts";
import type { Search } from "../pool/search.ts";
import { createSongVectors } from "../cold-start/song-vectors.ts";

type CohesionSearch = Pick<Search, "model" | "scoresOf">;

export interface PlaylistCheck extends Pick<Cohesion, "cohesion"> {
  readonly modelVersion: number;
  /** The known songs, each once, in the order asked. */
  readonly items: (SongSummary & { readonly fit: number | null; readonly provisional?: true })[];
  /** Ids of the songs that don't belong, the worst first. */
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
  const rows = songs.map(({ row }) => row).filter((row) => row !== undefined);
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

/** How well some songs go together. */
export interface Cohesion {
  /** The mean of the fits; null where there are fewer than two songs. */
  readonly cohesion: number | null;
  /** For each song its mean cosine with the others, on a scale from 0, what songs of all kinds have with them, to 1, where it is the same as they [n] */
  readonly fits: readonly number[];
  /**
   * Places of the songs that don't belong, the worst first. There are none where the list has no style of its own: where
   * its middle song fits no better than by one standard deviation of songs of all kinds.
   */
  readonly outliers: readonly number[];
}

/** Songs that stand for all kinds. */
const sampleSize = 2000;
/** A song that fits less than this share of what the middle one does is odd. */
const outlierShare = 0.5;

/**
 * @param rows of songs of the model or of newcomers, no row twice
 */
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

/** Rows at even distances, those of the list left out. */
function sampleRows(rowCount: number, cosines: ReadonlyMap<number, unknown>): Uint32Array {
  const step = Math.max(1, rowCount / sampleSize);
  return Uint32Array.from({ length: Math.min(rowCount, sampleSize) }, (_, i) => Math.floor(i * step)).filter(
    (row) => !cosines.has(row),
  );
}
