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
const asking = (songIds: readonly string[], over: Partial<RecommendationQuery> = {}): RecommendationQuery => ({
  songs: songIds.map((songId) => ({ songId, weight: 1 })),
  limit: 10,
  strategy: "similarity",
  ...over,
});
const scoresOf = ({ items }: { items: { songId: string; score: number }[] }) =>
  items.map(({ songId, score }) => [songId, score]);

describe("a song of the catalogue that was not trained", () => {
  it("borrows from the songs of its artist, in even parts", async () => {
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

  it("is asked with as they are, and the answer says so", async () => {
    const recommender = await createRecommender(await loadedModel(known));
    const answer = await recommender.recommend(asking(["rare", "nobody"]));
    expect(answer).toMatchObject({
      borrowed: [{ songId: "rare", artist: "The As" }],
      unknownSongs: ["nobody"],
      fallback: null,
    });
    expect(scoresOf(answer)).toEqual([
      ["a", 0.894427],
      ["b", 0.894427],
      ["c", 0.447214],
      ["d", -0.894427],
    ]);
    expect((await recommender.recommend(asking(["rare"], { onUnknown: "error" }))).unknownSongs).toEqual([]);
    expect(await recommender.recommend(asking(["a"]))).not.toHaveProperty("borrowed");
  });

  it("is a newcomer where it has a vector of its own", async () => {
    const songs = new ColdStartSongSet([{ songId: "rare", references: [{ songId: "d", weight: 1 }] }]);
    const answer = await (await createRecommender(await loadedModel(known), 0, songs)).recommend(asking(["rare"]));
    expect(answer).not.toHaveProperty("borrowed");
    expect(scoresOf(answer)[0]).toEqual(["d", 1]);
  });

  it("is unknown to a model that came without such songs", async () => {
    const recommender = await createRecommender(await loadedModel());
    expect((await recommender.recommend(asking(["rare", "a"]))).unknownSongs).toEqual(["rare"]);
  });
});

it("a damaged file of such songs is refused, and named", async () => {
  const { versions, folder } = await publishedModel(known);
  const file = join(folder, "1", "untrained.jsonl");
  await writeFile(file, (await readFile(file, "utf8")).replace("Rare", "Fare"));
  await expect(loadVersion(versions, 1)).rejects.toMatchObject({
    code: "MODEL_DAMAGED",
    params: { file: expect.stringContaining("untrained.jsonl") },
  });
});
