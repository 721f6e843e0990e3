import type { Model } from "../../model/model.ts";

/** The id and names of a song. */
export interface SongSummary {
  readonly songId: string;
  readonly title?: string;
  readonly artist?: string;
}

/** @throws RangeError if the model has no such row */
export function summarizeSong({ songs }: Pick<Model, "songs">, row: number): SongSummary {
  const song = songs.at(row);
  if (!song) throw new RangeError(`row ${row} of ${songs.length}`);
  const { id, title, artist } = song;
  return { songId: id, ...(title !== undefined && { title }), ...(artist !== undefined && { artist }) };
}

/** Rounds to six decimals; −0 becomes 0. */
export function toSixDecimals(value: number): number {
  return Math.round(value * 1e6) / 1e6 + 0;
}
