import { afterAll, beforeAll } from "vitest";
import { createRandom } from "../../src/word2vec/random.ts";
import { generateSample } from "../../src/corpus/sample/sample.ts";
import { inventSongs, type PlacedSong } from "../../src/corpus/sample/songs.ts";
import { sampleStyles } from "../../src/corpus/sample/styles.ts";
import { createTestService, type TestService } from "./service.ts";

export interface SampleService extends TestService {
  /** The style of each song. */
  styleOf(songId: string): string;
  /** Songs of a style that belong to no other, the most played first. */
  songsOf(style: string): string[];
}

/** A song that no playlist has, by the artist of the most played song of a style: `unplayed jazz`. */
function unplayed(songs: readonly PlacedSong[]): Pick<PlacedSong, "songId" | "title" | "artist" | "style">[] {
  return sampleStyles.map(({ name }, style) => {
    const [first] = songs.filter((song) => song.style === style).toSorted((a, b) => b.popularity - a.popularity);
    return { songId: `unplayed ${name}`, title: "Unplayed", artist: first?.artist ?? "", style };
  });
}

const size = { seed: 1, songs: 1000, playlists: 6000 };

/** One for all tests of a file: it is there once they run. */
export function useSampleService(): () => SampleService {
  let service: SampleService | undefined;
  beforeAll(async () => {
    service = await createSampleService();
  }, 120_000);
  afterAll(() => service?.close());
  return () => {
    if (!service) throw new Error("no test runs yet");
    return service;
  };
}

/** The service with a model of a small sample, whose songs have styles. */
async function createSampleService(): Promise<SampleService> {
  const placed = new Map<string, PlacedSong>(
    inventSongs(size.songs, createRandom(size.seed)).map((song) => [song.songId, song]),
  );
  const playlists = [...generateSample(size).playlists].flatMap(({ playlistId, songIds }) =>
    songIds.map((songId) => `${playlistId},${songId}`),
  );
  const songs = [...placed.values(), ...unplayed([...placed.values()])].map(
    ({ songId, title, artist, style }) => `${songId},${title},${artist},${sampleStyles[style]?.name}`,
  );
  const test = await createTestService(
    ["Category,master_number", ...playlists].join("\n"),
    {},
    {},
    ["master_number,title,artist,style", ...songs].join("\n"),
  );
  await test.app.inject({
    method: "POST",
    url: "/v1/training-jobs",
    payload: { hyperparameters: { vectorSize: 64, epochs: 8, holdOut: 100 } },
  });
  await test.service.begin(); // the job that waits makes the first model
  const rows = test.service.activeModel.current()?.model.rows;
  return {
    ...test,
    styleOf: (songId) => sampleStyles[placed.get(songId)?.style ?? -1]?.name ?? "none",
    songsOf: (style) =>
      [...placed.values()]
        .filter(
          (song) =>
            sampleStyles[song.style]?.name === style && song.share < 0.15 && rows?.get(song.songId) !== undefined,
        )
        .toSorted((a, b) => b.popularity - a.popularity)
        .map(({ songId }) => songId),
  };
}
