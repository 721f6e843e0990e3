import { createRandom } from "../../src/word2vec/random.ts";
import { generateSample } from "../../src/corpus/sample/sample.ts";
import { generateSongs } from "../../src/corpus/sample/songs.ts";
import { sampleStyles } from "../../src/corpus/sample/styles.ts";

const size = { seed: 1, songs: 1000, playlists: 6000 };

export interface StyledSong {
  readonly songId: string;
  readonly title: string;
  readonly artist: string;
  /** The name of its style. */
  readonly style: string;
  readonly popularity: number;
  /** How much it belongs to the style beside its own too. */
  readonly share: number;
}

/** The songs of a small sample. */
export const styledSongs: readonly StyledSong[] = generateSongs(size.songs, createRandom(size.seed)).map((song) => ({
  ...song,
  style: nameOf(song.style),
}));

/** A song of each style that no playlist has, by the artist of the most played one: `unplayed jazz`. */
const unplayed = sampleStyles.map(({ name }) => {
  const [first] = styledSongs.filter(({ style }) => style === name).toSorted((a, b) => b.popularity - a.popularity);
  return { songId: `unplayed ${name}`, title: "Unplayed", artist: first?.artist ?? "", style: name };
});

function nameOf(style: number): string {
  return sampleStyles[style]?.name ?? "none";
}

export const styledCatalogueCsv = () =>
  [
    "master_number,title,artist,style",
    ...[...styledSongs, ...unplayed].map(({ songId, title, artist, style }) => `${songId},${title},${artist},${style}`),
  ].join("\n");

export const styledPlaylistsCsv = () =>
  [
    "Category,master_number",
    ...[...generateSample(size).playlists].flatMap(({ playlistId, songIds }) =>
      songIds.map((songId) => `${playlistId},${songId}`),
    ),
  ].join("\n");
