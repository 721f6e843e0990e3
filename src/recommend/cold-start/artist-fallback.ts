import type { Model } from "../../model/model.ts";
import { type Yield, yieldEvery } from "../../model/yield.ts";
import type { Term } from "../vectors/mean.ts";

/** Represents unknown songs of the catalogue by known songs of the same artist. */
export interface ArtistFallback {
  /** @returns undefined if the model knows the song, the catalogue does not, or the artist has no known songs */
  find(songId: string): FallbackSong | undefined;
}

export interface FallbackSong {
  readonly songId: string;
  readonly artist: string;
  /** The artist's most played songs with equal weights that sum to 1. */
  readonly terms: readonly Term[];
}

const maxTerms = 20;

/**
 * Indexes the songs of all artists that have unknown songs in the catalogue.
 *
 * @param pause awaited for each song, to yield to the event loop
 */
export async function createArtistFallback(
  { songs, rows, untrained }: Pick<Model, "songs" | "rows" | "untrained">,
  pause: Yield = yieldEvery(),
): Promise<ArtistFallback> {
  if (!untrained) return { find: () => undefined };
  const wantedArtists = new Set<string>();
  for (const { artist } of untrained.songs) {
    await pause();
    if (artist !== undefined) wantedArtists.add(artist);
  }
  const byArtist = new Map<string, number[]>();
  let row = 0;
  for (const { artist } of songs) {
    await pause();
    if (artist !== undefined && wantedArtists.has(artist)) {
      const artistRows = byArtist.get(artist) ?? [];
      if (artistRows.length < maxTerms) artistRows.push(row);
      byArtist.set(artist, artistRows);
    }
    row++;
  }
  return {
    find(songId) {
      const untrainedRow = rows.get(songId) === undefined ? untrained.rows.get(songId) : undefined;
      const { id = songId, artist } = (untrainedRow === undefined ? undefined : untrained.songs.at(untrainedRow)) ?? {};
      const artistRows = artist === undefined ? undefined : byArtist.get(artist);
      return artist === undefined || !artistRows
        ? undefined
        : { songId: id, artist, terms: artistRows.map((each) => ({ row: each, weight: 1 / artistRows.length })) };
    },
  };
}
