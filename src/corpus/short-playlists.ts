import type { GroupedPlaylists } from "./playlists.ts";
import { noRow } from "./vocabulary.ts";

/** Concatenated playlists of rows: playlist p is `tokens[offsets[p]]` to `tokens[offsets[p + 1] - 1]`. */
export interface KeyedPlaylists {
  /** [plays] */
  readonly tokens: Uint32Array;
  /** [playlists + 1] */
  readonly offsets: Uint32Array;
  /** [playlists] */
  readonly keys: Uint32Array;
}

/** A shorter playlist has no song that occurs with another. */
export const minShortLength = 2;

/**
 * Playlists with at least two songs of a vocabulary; other songs are removed.
 *
 * @param rows [songIds] row of each song number, or `noRow`
 */
export function toShortPlaylists(grouped: GroupedPlaylists, rows: Uint32Array): KeyedPlaylists {
  const tokens = grouped.songs;
  const offsets = new Uint32Array(grouped.offsets.length);
  const keys = new Uint32Array(grouped.keys.length);
  let plays = 0;
  let playlists = 0;
  for (let playlist = 0; playlist + 1 < grouped.offsets.length; playlist++) {
    const start = plays;
    for (const song of grouped.songs.subarray(grouped.offsets[playlist], grouped.offsets[playlist + 1])) {
      const row = rows[song] as number;
      if (row !== noRow) tokens[plays++] = row;
    }
    if (plays - start < minShortLength) plays = start;
    else {
      keys[playlists++] = grouped.keys[playlist] as number;
      offsets[playlists] = plays;
    }
  }
  return { tokens: tokens.slice(0, plays), offsets: offsets.slice(0, playlists + 1), keys: keys.slice(0, playlists) };
}

/** Concatenates two sets of playlists. */
export function concatenate(first: KeyedPlaylists, second: KeyedPlaylists): KeyedPlaylists {
  const start = first.tokens.length;
  return {
    tokens: join(first.tokens, second.tokens),
    offsets: join(
      first.offsets,
      second.offsets.subarray(1).map((offset) => start + offset),
    ),
    keys: join(first.keys, second.keys),
  };
}

function join(first: Uint32Array, second: Uint32Array): Uint32Array {
  const all = new Uint32Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
