import type { Model } from "../../model/model.ts";
import { type Yield, yieldEvery } from "../../model/yield.ts";
import type { Term } from "../vectors/mean.ts";

/** Songs of the catalogue that the model does not know, and whose artist it does: the artist's other songs stand for them. */
export interface ArtistFallback {
  /** @returns undefined where the catalogue does not have the song, or the model knows it or does not know the artist */
  find(songId: string): FallbackSong | undefined;
}

export interface FallbackSong {
  readonly songId: string;
  readonly artist: string;
  /** Rows of the artist's most played songs, each with the same weight; the weights sum to 1. */
  readonly terms: readonly Term[];
}

const maxTerms = 20;

/** Reads the artists of all songs, in slices, where there is any song to borrow for. */
export async function createArtistFallback(
  { songs, rows, untrained }: Pick<Model, "songs" | "rows" | "untrained">,
  pause: Yield = yieldEvery(),
): Promise<ArtistFallback> {
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
      const artistRows = byArtist.get(artist) ?? [];
      if (artistRows.length < maxTerms) artistRows.push(row);
      byArtist.set(artist, artistRows);
    }
    row++;
  }
  return {
    find(songId) {
      const untrainedRow = untrained.rows.get(songId);
      const artist =
        untrainedRow === undefined || rows.get(songId) !== undefined
          ? undefined
          : untrained.songs.at(untrainedRow)?.artist;
      const artistRows = artist === undefined ? undefined : byArtist.get(artist);
      return artist === undefined || !artistRows
        ? undefined
        : { songId, artist, terms: artistRows.map((each) => ({ row: each, weight: 1 / artistRows.length })) };
    },
  };
}
