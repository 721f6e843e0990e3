import { createError } from '../errors.ts';
import type { Model } from '../model/model.ts';

/** What a song is called. */
export interface Named {
  readonly songId: string;
  readonly title?: string;
  readonly artist?: string;
}

export function nameOf({ songs }: Pick<Model, 'songs'>, row: number): Named {
  const song = songs.at(row);
  if (!song) throw new RangeError(`row ${row} of ${songs.length}`);
  const { id, title, artist } = song;
  return { songId: id, ...(title !== undefined && { title }), ...(artist !== undefined && { artist }) };
}

/** @throws SONG_NOT_FOUND */
export function findRow({ rows }: Pick<Model, 'rows'>, songId: string): number {
  const row = rows.get(songId);
  if (row === undefined) throw createError('SONG_NOT_FOUND', { songId });
  return row;
}

/** And no −0. */
export function toSixDecimals(value: number): number {
  return Math.round(value * 1e6) / 1e6 + 0;
}
