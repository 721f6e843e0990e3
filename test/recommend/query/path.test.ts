import { describe, expect, it } from "vitest";
import { yieldEvery } from "../../../src/model/yield.ts";
import { findPath, describePath } from "../../../src/recommend/query/path.ts";
import { type ColdStartSong, ColdStartSongSet } from "../../../src/recommend/cold-start/cold-start-songs.ts";
import { createRecommender } from "../../../src/recommend/query/recommender.ts";
import { loadedModel, type SmallModel } from "../../model/small-models.ts";

/** Songs on a half circle, named by their degrees, and `far`, which is orthogonal to all. */
const arc = [0, 180, 30, 60, 90, 120, 150];
const circle: SmallModel = {
  songs: [
    ...arc.map((degrees, i) => ({ id: String(degrees), count: 100 - i, title: `At ${degrees}` })),
    { id: "far", count: 1 },
  ],
  input: [
    ...arc.map((degrees) => [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180), 0]),
    [0, 0, 1],
  ],
};

async function find(from: string, to: string, between: number, ...added: ColdStartSong[]) {
  const { search, coldStartSongs } = await createRecommender(await loadedModel(circle), 0, new ColdStartSongSet(added));
  return describePath(search, coldStartSongs(), from, to, between);
}
const idsOf = ({ items }: { items: { songId: string }[] }) => items.map(({ songId }) => songId);

describe("a path", () => {
  it("has even steps, with their cosines", async () => {
    const path = await find("0", "120", 3);
    expect(idsOf(path)).toEqual(["0", "30", "60", "90", "120"]);
    expect(path.items[0]).toEqual({ songId: "0", title: "At 0", cosine: null });
    expect(path.items.slice(1).map(({ cosine }) => cosine)).toEqual([0.866025, 0.866025, 0.866025, 0.866025]);
    expect(path).toMatchObject({ modelVersion: 1, direct: -0.5, weakest: 0.866025 });
  });

  it("takes the song in the middle if it has one song between", async () => {
    expect(idsOf(await find("0", "120", 1))).toEqual(["0", "60", "120"]);
    expect(idsOf(await find("150", "30", 1))).toEqual(["150", "90", "30"]);
  });

  it("is symmetric", async () => {
    expect(idsOf(await find("150", "0", 4))).toEqual(idsOf(await find("0", "150", 4)).toReversed());
  });

  it("has no repeated songs, and fewer if the catalogue has fewer", async () => {
    const ids = idsOf(await find("0", "180", 20));
    expect(ids.toSorted()).toEqual([...arc.map(String), "far"].toSorted());
    expect([ids[0], ids.at(-1)]).toEqual(["0", "180"]);
  });

  it("may include cold-start songs, which are marked", async () => {
    const at45: ColdStartSong = {
      songId: "new",
      title: "At 45",
      references: ["30", "60"].map((songId) => ({ songId, weight: 1 })),
    };
    expect(idsOf(await find("0", "90", 1, at45))).toEqual(["0", "new", "90"]);
    const path = await find("new", "150", 2, at45);
    expect(idsOf(path)).toEqual(["new", "90", "120", "150"]);
    expect(path.items[0]).toEqual({ songId: "new", title: "At 45", cosine: null, provisional: true });
    expect(path).toMatchObject({ direct: -0.258819, weakest: 0.707107 });
    expect(idsOf(await find("120", "new", 1, at45))).toEqual(["120", "90", "new"]);
    expect(idsOf(await find("new", "new", 3, at45))).toEqual(["new"]);
  });

  it("yields to the event loop", async () => {
    const { search, coldStartSongs } = await createRecommender(await loadedModel(circle));
    let rounds = 0;
    const countRound = () => {
      rounds += 1;
      immediate = setImmediate(countRound);
    };
    let immediate = setImmediate(countRound);
    const steps = await findPath(search, coldStartSongs(), 0, 1, 3, yieldEvery(0));
    clearImmediate(immediate);
    expect(rounds).toBeGreaterThanOrEqual(arc.length);
    expect(steps).toHaveLength(5);
  });

  it("from a song to itself is one song", async () => {
    expect(await find("60", "60", 5)).toEqual({
      modelVersion: 1,
      items: [{ songId: "60", title: "At 60", cosine: null }],
      direct: 1,
      weakest: 1,
    });
  });

  it("is rejected for unknown ends", async () => {
    await expect(find("nobody", "60", 5)).rejects.toMatchObject({
      code: "SONG_NOT_FOUND",
      params: { songId: "nobody" },
    });
    await expect(find("60", "nobody", 5)).rejects.toMatchObject({ code: "SONG_NOT_FOUND" });
  });
});
