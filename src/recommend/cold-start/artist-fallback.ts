import type { Model } from "../../model/model.ts";
import { type ArtistKey, createArtistKey } from "../catalogue/artists.ts";
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
 * @param artistKey songs with equal keys are by one artist; those without a key have no fallback
 * @param pause awaited for each song, to yield to the event loop
 */
export async function createArtistFallback(
  { songs, rows, untrained }: Pick<Model, "songs" | "rows" | "untrained">,
  artistKey: ArtistKey = createArtistKey(),
  pause: Yield = yieldEvery(),
): Promise<ArtistFallback> {
  if (!untrained) return { find: () => undefined };
  const keyOf = (artist: string | undefined) => (artist === undefined ? undefined : artistKey(artist));
  const byArtist = new Map<string, number[]>();
  for (const { artist } of untrained.songs) {
    await pause();
    const key = keyOf(artist);
    if (key !== undefined) byArtist.set(key, []);
  }
  let row = 0;
  for (const { artist } of songs) {
    await pause();
    const artistRows = byArtist.get(keyOf(artist) ?? "");
    if (artistRows && artistRows.length < maxTerms) artistRows.push(row);
    row++;
  }
  return {
    find(songId) {
      const untrainedRow = rows.get(songId) === undefined ? untrained.rows.get(songId) : undefined;
      const { id = songId, artist } = (untrainedRow === undefined ? undefined : untrained.songs.at(untrainedRow)) ?? {};
      const artistRows = byArtist.get(keyOf(artist) ?? "") ?? [];
      return artist === undefined || artistRows.length === 0
        ? undefined
        : { songId: id, artist, terms: artistRows.map((each) => ({ row: each, weight: 1 / artistRows.length })) };
    },
  };
}
