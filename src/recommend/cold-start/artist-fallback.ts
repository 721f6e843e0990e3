import type { Model } from "../../model/model.ts";
import { type Yield, yieldEvery } from "../../model/yield.ts";
import type { Term } from "../vectors/mean.ts";

/** Songs of the catalogue that the model does not know, and whose artist it does: the artist's other songs stand for them. */
export interface Borrowing {
  /** @returns undefined where the catalogue does not have the song, or the model knows it or does not know the artist */
  find(songId: string): Borrowed | undefined;
}

export interface Borrowed {
  readonly songId: string;
  readonly artist: string;
  /** Rows of the artist's most played songs, each with the same weight; the weights sum to 1. */
  readonly terms: readonly Term[];
}

const mostTerms = 20;

/** Reads the artists of all songs, in slices, where there is any song to borrow for. */
export async function createBorrowing(
  { songs, rows, untrained }: Pick<Model, "songs" | "rows" | "untrained">,
  pause: Yield = yieldEvery(),
): Promise<Borrowing> {
  if (!untrained) return { find: () => undefined };
  const wanted = new Set<string>();
  for (const { artist } of untrained.songs) {
    await pause();
    if (artist !== undefined) wanted.add(artist);
  }
  const byArtist = new Map<string, number[]>();
  let row = 0;
  for (const { artist } of songs) {
    await pause();
    if (artist !== undefined && wanted.has(artist)) {
      const own = byArtist.get(artist) ?? [];
      if (own.length < mostTerms) own.push(row);
      byArtist.set(artist, own);
    }
    row++;
  }
  return {
    find(songId) {
      const found = untrained.rows.get(songId);
      const artist =
        found === undefined || rows.get(songId) !== undefined ? undefined : untrained.songs.at(found)?.artist;
      const own = artist === undefined ? undefined : byArtist.get(artist);
      return artist === undefined || !own
        ? undefined
        : { songId, artist, terms: own.map((each) => ({ row: each, weight: 1 / own.length })) };
    },
  };
}
