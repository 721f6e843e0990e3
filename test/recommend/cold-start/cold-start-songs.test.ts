import { describe, expect, it, vi } from "vitest";
import { yieldEvery } from "../../../src/model/yield.ts";
import { exclusionTest } from "../../../src/recommend/query/scope.ts";
import { createColdStartEmbeddings, mergeRankings } from "../../../src/recommend/cold-start/embeddings.ts";
import {
  ColdStartSongSet,
  referencesOfPlaylists,
  referencesOfSongs,
} from "../../../src/recommend/cold-start/cold-start-songs.ts";
import { createRecommender, type RecommendationQuery } from "../../../src/recommend/query/recommender.ts";
import { fourSongs, loadedModel } from "../../model/small-models.ts";

const like = (...songIds: string[]) => ({
  songId: "new",
  title: "New",
  artist: "The As",
  references: referencesOfSongs(songIds),
});
const queryFor = (songIds: readonly string[], over: Partial<RecommendationQuery> = {}): RecommendationQuery => ({
  songs: songIds.map((songId) => ({ songId, weight: 1 })),
  limit: 10,
  strategy: "similarity",
  ...over,
});
const scoresOf = ({ items }: { items: { songId: string; score: number }[] }) =>
  items.map(({ songId, score }) => [songId, score]);
const idsOf = ({ items }: { items: { songId: string }[] }) => items.map(({ songId }) => songId);

async function withSongs(...songs: ReturnType<typeof like>[]) {
  const set = new ColdStartSongSet(songs);
  return { set, recommender: await createRecommender(await loadedModel(), 0, set) };
}

describe("a cold-start song", () => {
  it("has the mean unit vector of its references", async () => {
    const { recommender } = await withSongs(like("a", "c"));
    expect(scoresOf(await recommender.similar("new", { limit: 4 }))).toEqual([
      ["b", expect.closeTo(0.98995, 5)],
      ["a", 0.707107],
      ["c", 0.707107],
      ["d", -0.707107],
    ]);
    expect((await recommender.similar("b", { limit: 1 })).items).toEqual([
      { songId: "new", score: expect.closeTo(0.98995, 5), title: "New", artist: "The As", provisional: true },
    ]);
    expect(recommender.song("new")).toEqual({
      songId: "new",
      title: "New",
      artist: "The As",
      count: 0,
      popularityPercentile: 0,
      provisional: true,
    });
  });

  it("is ranked among the others, on any page", async () => {
    const { recommender } = await withSongs(like("a", "c"));
    const all = (await recommender.similar("d", { limit: 10 })).items;
    expect(idsOf({ items: all })).toEqual(["c", "b", "new", "a"]);
    for (let offset = 0; offset < 4; offset++)
      expect((await recommender.similar("d", { limit: 1, offset })).items).toEqual([all[offset]]);
  });

  it("as a query song is replaced by its references, and is not recommended", async () => {
    const { recommender } = await withSongs(like("a", "c"));
    const result = await recommender.recommend(queryFor(["new"]));
    expect(result).toMatchObject({ unknownSongs: [], fallback: null });
    expect(scoresOf(result)).toEqual([
      ["b", expect.closeTo(0.98995, 5)],
      ["a", 0.707107],
      ["c", 0.707107],
      ["d", -0.707107],
    ]);
    expect(scoresOf(await recommender.recommend(queryFor(["new"], { strategy: "context" })))).toEqual([
      ["b", 1],
      ["c", 1],
      ["a", 0.5],
      ["d", -0.5],
    ]);
    expect((await recommender.recommend(queryFor(["new", "nobody"], { dislikes: ["a"] }))).unknownSongs).toEqual([
      "nobody",
    ]);
  });

  it("has the mean score of its references for context", async () => {
    const { recommender } = await withSongs(like("b", "c"));
    expect(scoresOf(await recommender.recommend(queryFor(["a"], { strategy: "context" })))).toEqual([
      ["c", 2],
      ["new", 1.5],
      ["b", 1],
      ["d", 0],
    ]);
  });

  it("is excluded by exclude, dislikes and candidates like any other song", async () => {
    const { recommender } = await withSongs(like("a", "c"));
    const recommendedIds = async (over: Partial<RecommendationQuery>) =>
      idsOf(await recommender.recommend(queryFor(["b"], over)));
    expect(await recommendedIds({})).toEqual(["new", "c", "a", "d"]);
    for (const over of [{ exclude: ["new"] }, { dislikes: ["new"] }, { candidates: ["a", "c", "d"] }])
      expect(await recommendedIds(over)).not.toContain("new");
    expect(await recommendedIds({ candidates: ["new", "d"] })).toEqual(["new", "d"]);
    expect(await recommendedIds({ maxPerArtist: 1 })).toEqual(["new", "c", "d"]);
    expect((await recommendedIds({ diversity: 0.5 })).toSorted()).toEqual(["a", "c", "d", "new"]);
  });

  it("matches filters by its own title and artist, and by its catalogue data", async () => {
    const songs = fourSongs.songs.map((song) => ({ ...song, columns: { genre: song.id === "a" ? "Jazz" : "Rock" } }));
    const model = await loadedModel({
      ...fourSongs,
      songs,
      untrained: [{ id: "new", count: 0, title: "Of the Catalogue", artist: "The As", columns: { genre: "Jazz" } }],
    });
    const [own, catalogued] = [
      { ...like("b"), songId: "own" },
      { songId: "new", references: referencesOfSongs(["b", "c"]) },
    ];
    const recommender = await createRecommender(model, 0, new ColdStartSongSet([own, catalogued]));
    const passing = async (filter: Record<string, string[]>) =>
      idsOf(await recommender.recommend(queryFor(["b"], { filteredOut: await recommender.filter(filter) }))).toSorted();
    expect(await passing({})).toEqual(["a", "c", "d", "new", "own"]);
    expect(await passing({ artist: ["the AS"] })).toEqual(["a", "new", "own"]);
    expect(await passing({ title: ["new", "of the catalogue"] })).toEqual(["new", "own"]);
    expect(await passing({ genre: ["jazz"] })).toEqual(["a", "new"]);
    expect(await passing({ "-genre": ["jazz"] })).toEqual(["c", "d", "own"]);
    expect(await passing({ genre: ["jazz"], "-artist": ["the as"] })).toEqual([]);
    expect(
      idsOf(await recommender.similar("c", { limit: 10, filteredOut: await recommender.filter({ genre: ["jazz"] }) })),
    ).toEqual(["new", "a"]);
    expect(recommender.song("new")).toEqual({
      songId: "new",
      title: "Of the Catalogue",
      artist: "The As",
      columns: { genre: "Jazz" },
      count: 0,
      popularityPercentile: 0,
      provisional: true,
    });
  });

  it("is subject to minScore and versions", async () => {
    const { recommender } = await withSongs({ ...like("c", "d"), title: "Alpha (Live)" });
    const recommendedIds = async (over: Partial<RecommendationQuery>) =>
      idsOf(await recommender.recommend(queryFor(["b"], over)));
    expect(await recommendedIds({})).toEqual(["c", "a", "new", "d"]);
    expect(await recommendedIds({ minScore: 0.5 })).toEqual(["c", "a"]);
    expect(await recommendedIds({ minScore: 0.1 })).toEqual(["c", "a", "new"]);
    expect(await recommendedIds({ versions: "one" })).toEqual(["c", "a", "d"]);
    expect(idsOf(await recommender.recommend(queryFor(["a"], { versions: "one" })))).toEqual(["b", "c", "d"]);
    expect(idsOf(await recommender.recommend(queryFor(["new"], { versions: "one" })))).toEqual(["c", "d", "b"]);
  });

  it("that is disliked is subtracted like its references", async () => {
    const { recommender } = await withSongs(like("c"));
    const disliking = async (songId: string) =>
      scoresOf(await recommender.recommend(queryFor(["a"], { dislikes: [songId], exclude: ["c", "new"] })));
    expect(await disliking("new")).toEqual(await disliking("c"));
    expect(await disliking("new")).not.toEqual(await disliking("nobody"));
  });

  it("comes last in the popularity fallback, unless excluded", async () => {
    const { recommender } = await withSongs(like("a", "c"));
    const recommendedIds = async (over: Partial<RecommendationQuery>) =>
      scoresOf(await recommender.recommend(queryFor(["nobody"], over)));
    expect(await recommendedIds({})).toEqual([
      ["a", 0.4],
      ["b", 0.3],
      ["c", 0.2],
      ["d", 0.1],
      ["new", 0],
    ]);
    expect(await recommendedIds({ candidates: ["new", "d"] })).toEqual([
      ["d", 0.1],
      ["new", 0],
    ]);
    expect(await recommendedIds({ exclude: ["new"], offset: 3 })).toEqual([["d", 0.1]]);
  });

  it("is ranked once for a query, and once for each of several groups", async () => {
    const { recommender } = await withSongs(like("a", "c"));
    const ranked = vi.spyOn(recommender.coldStartSongs(), "similar");
    await recommender.recommend(queryFor(["a"]));
    expect(ranked).toHaveBeenCalledTimes(1);
    await recommender.recommendForGroups({
      ...queryFor([]),
      groups: ["a", "b", "c"].map((songId) => [{ songId, weight: 1 }]),
    });
    expect(ranked).toHaveBeenCalledTimes(4);
  });

  it("is a regular row unless excluded", async () => {
    const model = await loadedModel();
    const coldStart = (
      await createColdStartEmbeddings(model, new ColdStartSongSet([like("a", "c"), { ...like("b"), songId: "newer" }]))
    )();
    const isExcluded = exclusionTest({ coldStart, excluded: [1], isExcluded: ({ songId }) => songId === "new" }, model);
    expect([0, 1, 2, 3, 4, 5].map(isExcluded)).toEqual([false, true, false, false, true, false]);
  });

  it("is computed at the start, which yields to the event loop", async () => {
    const set = new ColdStartSongSet(Array.from({ length: 30 }, (_, i) => ({ ...like("a", "c"), songId: `new ${i}` })));
    let rounds = 0;
    const countRound = () => {
      rounds += 1;
      immediate = setImmediate(countRound);
    };
    let immediate = setImmediate(countRound);
    const embeddings = await createColdStartEmbeddings(await loadedModel(), set, yieldEvery(0));
    clearImmediate(immediate);
    expect(rounds).toBeGreaterThanOrEqual(30);
    const before = embeddings();
    expect(before.size).toBe(30);
    set.put({ ...like("b"), songId: "new 7" });
    expect([embeddings().at(4), embeddings().rowOf("new 7")]).toEqual([before.at(4), 11]);
    expect(embeddings().at(4)).toBe(before.at(4)); // not computed again
    expect(embeddings().at(11)?.terms).toEqual([{ row: 1, weight: 1 }]);
  });

  it("can be added, changed and removed without a new model", async () => {
    const { set, recommender } = await withSongs();
    expect(() => recommender.song("new")).toThrow('Song "new" not found in model version');
    set.put(like("d"));
    expect(scoresOf(await recommender.similar("d", { limit: 1 }))).toEqual([["new", 1]]);
    set.put(like("a"));
    expect(scoresOf(await recommender.similar("d", { limit: 9 })).at(-1)).toEqual(["new", -1]);
    set.delete("new");
    expect(scoresOf(await recommender.similar("d", { limit: 9 }))).toHaveLength(3);
  });

  it("is ignored if the model knows the song, or none of its references", async () => {
    const { recommender } = await withSongs({ ...like("b"), songId: "a" }, like("nobody"));
    expect(recommender.song("a")).toMatchObject({ count: 40, title: "Alpha" });
    expect(() => recommender.song("new")).toThrow('Song "new" not found in model version');
  });
});

describe("references", () => {
  it("from songs have equal weights; from playlists each playlist has the same weight, without the song itself", () => {
    expect(referencesOfSongs(["a", "b", "a"])).toEqual([
      { songId: "a", weight: 2 },
      { songId: "b", weight: 1 },
    ]);
    expect(referencesOfPlaylists("new", [["a", "new", "b"], ["b"], ["new"]])).toEqual([
      { songId: "b", weight: 1.5 },
      { songId: "a", weight: 0.5 },
    ]);
  });

  it("are the 50 with the largest weights at most, with 8,192 characters of ids", () => {
    expect(referencesOfSongs(Array.from({ length: 200 }, (_, i) => `${i}`))).toHaveLength(50);
    expect(referencesOfSongs(Array.from({ length: 50 }, (_, i) => `${i}`.padEnd(1000, "x")))).toHaveLength(8);
  });
});

describe("merged rankings", () => {
  const ranking = (...pairs: [number, number][]) => ({
    rows: Uint32Array.from(pairs, ([row]) => row),
    scores: pairs.map(([, score]) => score),
  });

  it("are in order of scores up to the count, with ties in favour of the model", () => {
    const merged = (count: number) => [
      ...mergeRankings(ranking([1, 3], [2, 2], [3, 1]), ranking([9, 4], [8, 2]), count).rows,
    ];
    expect(merged(9)).toEqual([9, 1, 2, 8, 3]);
    expect(merged(3)).toEqual([9, 1, 2]);
  });
});
