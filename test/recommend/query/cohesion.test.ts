import { describe, expect, it } from "vitest";
import { checkPlaylist, type PlaylistCheck } from "../../../src/recommend/query/cohesion.ts";
import { type ColdStartSong, ColdStartSongSet } from "../../../src/recommend/cold-start/cold-start-songs.ts";
import { createRecommender } from "../../../src/recommend/query/recommender.ts";
import { createRandom } from "../../../src/word2vec/random.ts";
import { loadedModel, type SmallModel } from "../../model/small-models.ts";

const styles = ["rock", "jazz", "folk", "soul"];
const random = createRandom(1, 2, 3);
const noise = () => (random() - 0.5) / 2;

/** 25 songs of each style, around one axis per style. */
const model: SmallModel = {
  songs: Array.from({ length: 100 }, (_, i) => ({ id: `${styles[i % 4]} ${i}`, count: 200 - i })),
  input: Array.from({ length: 100 }, (_, i) => styles.map((_style, axis) => (axis === i % 4 ? 1 : 0) + noise())),
};
const songsOf = (style: string) => model.songs.map(({ id }) => id).filter((id) => id.startsWith(style));

async function open(...added: ColdStartSong[]): Promise<(songIds: readonly string[]) => PlaylistCheck> {
  const { search, coldStartSongs } = await createRecommender(await loadedModel(model), 0, new ColdStartSongSet(added));
  return (songIds) => checkPlaylist(search, coldStartSongs(), songIds);
}

describe("the cohesion of a playlist", () => {
  it("is high for one style, about 0 for songs of all styles, and in between for two styles", async () => {
    const check = await open();
    const [one, two, all] = [
      songsOf("rock").slice(0, 8),
      [...songsOf("rock").slice(0, 4), ...songsOf("jazz").slice(0, 4)],
      model.songs.slice(8, 24).map(({ id }) => id),
    ];
    expect(check(one).cohesion).toBeGreaterThan(0.8);
    expect(check(two).cohesion).toBeGreaterThan(0.1);
    expect(check(two).cohesion).toBeLessThan(0.5);
    expect(Math.abs(check(all).cohesion ?? 1)).toBeLessThan(0.1);
  });

  it("is the mean of the fits", async () => {
    const check = await open();
    const { items, cohesion } = check([...songsOf("rock").slice(0, 5), "jazz 1"]);
    expect(items.reduce((sum, { fit }) => sum + (fit ?? 0), 0) / items.length).toBeCloseTo(cohesion ?? Number.NaN, 5);
  });

  it("is null for fewer than two songs", async () => {
    const check = await open();
    expect(check(["rock 0"])).toEqual({
      modelVersion: 1,
      cohesion: null,
      items: [{ songId: "rock 0", fit: null }],
      oddOnesOut: [],
      unknownSongs: [],
    });
    expect(check(["nobody"])).toEqual({
      modelVersion: 1,
      cohesion: null,
      items: [],
      oddOnesOut: [],
      unknownSongs: ["nobody"],
    });
  });
});

describe("outliers", () => {
  it("are the songs of another style, at any position", async () => {
    const check = await open();
    const songs = songsOf("soul").slice(0, 7);
    for (const at of [0, 3, 7]) expect(check(songs.toSpliced(at, 0, "folk 2")).oddOnesOut).toEqual(["folk 2"]);
    expect(check([...songs, "folk 2", "jazz 5"]).oddOnesOut.toSorted()).toEqual(["folk 2", "jazz 5"]);
  });

  it("do not exist in a list of one style or without a common style", async () => {
    const check = await open();
    expect(check(songsOf("jazz")).oddOnesOut).toEqual([]);
    expect(check(model.songs.slice(8, 24).map(({ id }) => id)).oddOnesOut).toEqual([]);
  });

  it("may be cold-start songs with references of another style", async () => {
    const references = songsOf("rock")
      .slice(8, 11)
      .map((songId) => ({ songId, weight: 1 }));
    const check = await open({ songId: "new", title: "New Rock", references });
    const [rock, jazz] = [
      check([...songsOf("rock").slice(0, 6), "new"]),
      check([...songsOf("jazz").slice(0, 6), "new"]),
    ];
    expect(rock.items.at(-1)).toEqual({
      songId: "new",
      title: "New Rock",
      fit: expect.any(Number),
      provisional: true,
    });
    expect(rock.items.at(-1)?.fit).toBeGreaterThan(0.8);
    expect(rock).toMatchObject({ oddOnesOut: [], unknownSongs: [] });
    expect(jazz).toMatchObject({ oddOnesOut: ["new"], unknownSongs: [] });
  });

  it("are listed beside unknown songs; repeated songs count once", async () => {
    const check = await open();
    const result = check(["rock 0", "nobody", "rock 4", "rock 0", "rock 8", "nobody", "jazz 1"]);
    expect(result.items.map(({ songId }) => songId)).toEqual(["rock 0", "rock 4", "rock 8", "jazz 1"]);
    expect(result).toMatchObject({ oddOnesOut: ["jazz 1"], unknownSongs: ["nobody"] });
  });
});
