import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createArtistFallback } from "../../../src/recommend/cold-start/artist-fallback.ts";
import { createRecommender, type RecommendationQuery } from "../../../src/recommend/query/recommender.ts";
import { ColdStartSongSet } from "../../../src/recommend/cold-start/cold-start-songs.ts";
import { fourSongs, loadedModel, publishedModel, type SmallModel } from "../../model/small-models.ts";
import { loadVersion } from "../../../src/model/loading/load.ts";

/** a and b are by The As. */
const known: SmallModel = {
  ...fourSongs,
  songs: fourSongs.songs.map((song) => (song.id === "b" ? { ...song, artist: "The As" } : song)),
  untrained: [
    { id: "rare", count: 0, title: "Rare", artist: "The As" },
    { id: "__proto__", count: 0, artist: "The As" },
    { id: "a", count: 0, artist: "The As" },
  ],
};
const queryFor = (songIds: readonly string[], over: Partial<RecommendationQuery> = {}): RecommendationQuery => ({
  songs: songIds.map((songId) => ({ songId, weight: 1 })),
  limit: 10,
  strategy: "similarity",
  ...over,
});
const scoresOf = ({ items }: { items: { songId: string; score: number }[] }) =>
  items.map(({ songId, score }) => [songId, score]);

describe("a catalogue song without training data", () => {
  it("is represented by the songs of its artist with equal weights", async () => {
    const { find } = await createArtistFallback(await loadedModel(known));
    expect(find("rare")).toEqual({
      songId: "rare",
      artist: "The As",
      terms: [
        { row: 0, weight: 0.5 },
        { row: 1, weight: 0.5 },
      ],
    });
    expect(find("__proto__")?.artist).toBe("The As");
    expect([find("nobody"), find("a"), find("c")]).toEqual([undefined, undefined, undefined]);
  });

  it("has no fallback by Various Artists; artists are compared as names", async () => {
    const byArtists = (known: string, untrained: string): SmallModel => ({
      ...fourSongs,
      songs: fourSongs.songs.map((song) => ({ ...song, artist: known })),
      untrained: [{ id: "rare", count: 0, artist: untrained }],
    });
    const rowsFor = async (...artists: Parameters<typeof byArtists>) =>
      (await createArtistFallback(await loadedModel(byArtists(...artists)))).find("rare")?.terms.length;
    expect(await rowsFor("Various Artists", "Various Artists")).toBeUndefined();
    expect(await rowsFor("V.A.", "여러 가수")).toBeUndefined();
    expect(await rowsFor("BEYONCE", "Beyoncé")).toBe(4);
    expect(await rowsFor("カカ", "ガガ")).toBeUndefined();
  });

  it("can be a query song, and the result lists it in borrowed", async () => {
    const recommender = await createRecommender(await loadedModel(known));
    const result = await recommender.recommend(queryFor(["rare", "nobody"]));
    expect(result).toMatchObject({
      borrowed: [{ songId: "rare", artist: "The As" }],
      unknownSongs: ["nobody"],
      fallback: null,
    });
    expect(scoresOf(result)).toEqual([
      ["a", 0.894427],
      ["b", 0.894427],
      ["c", 0.447214],
      ["d", -0.894427],
    ]);
    expect((await recommender.recommend(queryFor(["rare"], { onUnknown: "error" }))).unknownSongs).toEqual([]);
    expect(await recommender.recommend(queryFor(["a"]))).not.toHaveProperty("borrowed");
  });

  it("is a cold-start song if it has its own vector", async () => {
    const songs = new ColdStartSongSet([{ songId: "rare", references: [{ songId: "d", weight: 1 }] }]);
    const result = await (await createRecommender(await loadedModel(known), 0, songs)).recommend(queryFor(["rare"]));
    expect(result).not.toHaveProperty("borrowed");
    expect(scoresOf(result)[0]).toEqual(["d", 1]);
  });

  it("is unknown to a model without such songs", async () => {
    const recommender = await createRecommender(await loadedModel());
    expect((await recommender.recommend(queryFor(["rare", "a"]))).unknownSongs).toEqual(["rare"]);
  });
});

it("a corrupt file of such songs is rejected, and named", async () => {
  const { versions, folder } = await publishedModel(known);
  const file = join(folder, "1", "untrained.jsonl");
  await writeFile(file, (await readFile(file, "utf8")).replace("Rare", "Fare"));
  await expect(loadVersion(versions, 1)).rejects.toMatchObject({
    code: "MODEL_DAMAGED",
    params: { file: expect.stringContaining("untrained.jsonl") },
  });
});
