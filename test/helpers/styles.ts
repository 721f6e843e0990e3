import { createRandom } from "../../src/word2vec/random.ts";
import { generateSample } from "../../src/corpus/sample/sample.ts";
import { generateSongs } from "../../src/corpus/sample/songs.ts";
import { sampleStyles } from "../../src/corpus/sample/styles.ts";

const size = { seed: 1, songs: 1000, playlists: 6000 };

export interface StyledSong {
  readonly songId: string;
  readonly title: string;
  readonly artist: string;
  /** Name of its style. */
  readonly style: string;
  readonly popularity: number;
  /** Share of the adjacent style in its mix. */
  readonly share: number;
}

/** The songs of a small sample. */
export const styledSongs: readonly StyledSong[] = generateSongs(size.songs, createRandom(size.seed)).map((song) => ({
  ...song,
  style: nameOf(song.style),
}));

/** One song per style that is in no playlist, by the artist of the most popular song, such as `unplayed jazz`. */
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
