import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { Model } from "../../../src/model/model.ts";
import { yieldEvery } from "../../../src/model/yield.ts";
import { blendOf } from "../../../src/recommend/ensemble/blender.ts";
import { createExplainer } from "../../../src/recommend/ensemble/explain.ts";
import { strategyNames } from "../../../src/recommend/ensemble/strategy.ts";
import { type ColdStartSong, ColdStartSongSet } from "../../../src/recommend/cold-start/cold-start-songs.ts";
import {
  createRecommender,
  type RecommendationQuery,
  type Recommender,
} from "../../../src/recommend/query/recommender.ts";
import { fourSongs, loadedModel } from "../../model/small-models.ts";
import { clusterSize, loadClusteredModel, clusters } from "../clustered-model.ts";

let model: Model;
let recommender: Recommender;
beforeAll(async () => {
  model = await loadClusteredModel();
  recommender = await createRecommender(model);
});

const queryFor = (songIds: readonly string[], over: Partial<RecommendationQuery> = {}): RecommendationQuery => ({
  songs: songIds.map((songId) => ({ songId, weight: 1 })),
  limit: 10,
  strategy: "blend",
  ...over,
});
const explained = async (query: RecommendationQuery) => recommender.explain(query, await recommender.recommend(query));
const clusterOf = (songId: string) => songId.split("-")[0];

describe.each(strategyNames)("the reasons of a recommendation by %s", (strategy) => {
  it("are the songs of the same cluster", async () => {
    const { items } = await explained(queryFor(["0-0", "3-1", "0-2", "3-3"], { strategy }));
    for (const { songId, because = [] } of items) {
      const share = because
        .filter((reason) => clusterOf(reason.songId) === clusterOf(songId))
        .reduce((sum, reason) => sum + reason.share, 0);
      expect(share, songId).toBeGreaterThan(strategy === "similarity" || strategy === "context" ? 0.55 : 0.7);
      expect(clusterOf(because[0]?.songId ?? "")).toBe(clusterOf(songId));
    }
    expect(new Set(items.map(({ songId }) => clusterOf(songId)))).toEqual(new Set(["0", "3"]));
  });

  it("have shares that add up to 1, and leave the result unchanged", async () => {
    const songId = fc
      .tuple(fc.nat(clusters - 1), fc.nat(clusterSize - 1))
      .map(([cluster, index]) => `${cluster}-${index}`);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(songId, { minLength: 1, maxLength: 15 }),
        fc.uniqueArray(songId, { maxLength: 3 }),
        async (queryIds, dislikes) => {
          const query = queryFor(queryIds, { strategy, dislikes, limit: 20 });
          const plain = await recommender.recommend(query);
          const { items, ...rest } = await recommender.explain(query, plain);
          expect({ ...rest, items: items.map(({ because: _because, ...item }) => item) }).toEqual(plain);
          for (const { because = [] } of items) {
            expect(because.length).toBeGreaterThan(0);
            expect(because.length).toBeLessThanOrEqual(10);
            expect(because.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
            expect(because.every(({ share }, i) => share > 0 && (i < 2 || share <= (because[i - 1]?.share ?? 0)))).toBe(
              true,
            );
            expect(because.every(({ songId: reason }) => queryIds.includes(reason))).toBe(true);
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe("a reason", () => {
  it("has the number of training playlists that contain both songs, each counted once", async () => {
    const { offsets = new Uint32Array(), rows = new Uint32Array() } = model.playlists ?? {};
    const lists = Array.from(
      { length: offsets.length - 1 },
      (_, list) => new Set(rows.subarray(offsets[list], offsets[list + 1])),
    );
    const rowOf = (songId: string) => model.rows.get(songId) ?? -1;
    const { items } = await explained(queryFor(["1-0", "2-1", "1-3"], { limit: 30 }));
    for (const { songId, because = [] } of items) {
      for (const reason of because)
        expect(reason.playlists).toBe(
          lists.filter((list) => list.has(rowOf(songId)) && list.has(rowOf(reason.songId))).length,
        );
    }
    expect(items.some(({ because = [] }) => because.some(({ playlists }) => playlists > 5))).toBe(true);
  });

  it("has a larger share with a larger weight, and for recent songs", async () => {
    const shareOf = async (query: RecommendationQuery, songId: string) => {
      const { items } = await explained({ ...query, candidates: ["0-5"] });
      return items[0]?.because?.find((reason) => reason.songId === songId)?.share ?? 0;
    };
    const weightedQuery = (weight: number) =>
      queryFor([], {
        songs: [
          { songId: "0-0", weight },
          { songId: "0-1", weight: 1 },
        ],
      });
    expect(await shareOf(weightedQuery(5), "0-0")).toBeGreaterThan(await shareOf(weightedQuery(1), "0-0"));
    const others = Array.from({ length: 9 }, (_, i) => `4-${i}`);
    expect(await shareOf(queryFor([...others, "0-1"]), "0-1")).toBeGreaterThan(
      await shareOf(queryFor(["0-1", ...others]), "0-1"),
    );
  });

  it("is not given for popular songs, nor for songs of weight 0", async () => {
    expect((await explained(queryFor(["nobody"], { limit: 2 }))).items).toMatchObject([
      { because: [] },
      { because: [] },
    ]);
    expect((await explained(queryFor([], { songs: [{ songId: "0-0", weight: -1 }], limit: 1 }))).items).toMatchObject([
      { because: [] },
    ]);
  });

  it("uses vectors alone in a model without playlists", async () => {
    const alone = await createRecommender(
      await loadedModel({
        songs: ["a", "b", "c"].map((id) => ({ id, count: 1 })),
        input: [
          [1, 0],
          [0, 1],
          [0.8, 0.6],
        ],
      }),
    );
    const query = queryFor(["a", "b"]);
    const { items } = await alone.explain(query, await alone.recommend(query));
    expect(items).toMatchObject([
      {
        songId: "c",
        because: [
          { songId: "a", share: 0.5714, playlists: 0 },
          { songId: "b", share: 0.4286, playlists: 0 },
        ],
      },
    ]);
  });
});

describe("the reasons of a cold-start song", () => {
  const like = (songId: string, ...songIds: string[]): ColdStartSong => ({
    songId,
    references: songIds.map((id) => ({ songId: id, weight: 1 })),
  });
  const explainedBeside = async (coldStartSongs: ColdStartSong[], query: RecommendationQuery) => {
    const recommenderWithColdStart = await createRecommender(model, 0, new ColdStartSongSet(coldStartSongs));
    return recommenderWithColdStart.explain(query, await recommenderWithColdStart.recommend(query));
  };
  const alone = (songId: string) => ({ candidates: [songId] });

  it.each(strategyNames)("by %s are those of its references", async (strategy) => {
    const query = (over: Partial<RecommendationQuery>) => queryFor(["0-0", "3-1", "0-2"], { strategy, ...over });
    const reasonsOf = async (songId: string, ...songIds: string[]) =>
      (await explainedBeside([like("new", ...songIds)], query(alone(songId)))).items[0]?.because;
    expect(await reasonsOf("new", "0-5")).toEqual(await reasonsOf("0-5", "0-5"));
    const because = (await reasonsOf("new", "0-5", "0-6")) ?? [];
    expect(because.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(
      because.filter(({ songId }) => clusterOf(songId) === "0").reduce((sum, { share }) => sum + share, 0),
    ).toBeGreaterThan(0.55);
  });

  it.each(strategyNames)("by %s name it, and not its references, if it is a query song", async (strategy) => {
    const reasonsOf = async (songId: string) =>
      (await explainedBeside([like("new", "0-5")], queryFor(["3-1", songId], { strategy, ...alone("0-1") }))).items[0]
        ?.because;
    expect(await reasonsOf("new")).toEqual(
      (await reasonsOf("0-5"))?.map((reason) => ({
        ...reason,
        songId: reason.songId === "0-5" ? "new" : reason.songId,
      })),
    );
    const { items } = await explainedBeside(
      [like("new", "0-5", "0-6", "0-7")],
      queryFor(["3-1", "new"], { strategy, limit: 5 }),
    );
    const named = items.flatMap(({ because = [] }) => because.map(({ songId }) => songId));
    expect(new Set(named)).toEqual(new Set(["3-1", "new"]));
  });

  it("count playlists that contain any of its references, each once", async () => {
    const { offsets = new Uint32Array(), rows = new Uint32Array() } = model.playlists ?? {};
    const lists = Array.from({ length: offsets.length - 1 }, (_, list) =>
      [...rows.subarray(offsets[list], offsets[list + 1])].map((row) => model.songs.at(row)?.id ?? ""),
    );
    const among =
      (...songIds: string[]) =>
      (list: string[]) =>
        songIds.some((songId) => list.includes(songId));
    const { items } = await explainedBeside([like("new", "0-5", "0-6")], queryFor(["0-0", "0-1"], alone("new")));
    for (const { songId, playlists } of items[0]?.because ?? [])
      expect(playlists).toBe(lists.filter(among(songId)).filter(among("0-5", "0-6")).length);
    expect(items[0]?.because?.[0]?.playlists).toBeGreaterThan(5);

    const both = lists.filter(among("0-5")).filter(among("0-6")).length;
    const own = await explainedBeside(
      [like("new", "0-5", "0-6"), like("other", "0-5")],
      queryFor(["0-5", "other"], alone("new")),
    );
    expect(own.items[0]?.because).toMatchObject([{ playlists: both }, { playlists: both }]);
    const queryIds = await explainedBeside([like("new", "0-5", "0-6")], queryFor(["new"], alone("0-6")));
    expect(queryIds.items[0]?.because).toEqual([{ songId: "new", share: 1, playlists: both }]);
  });

  it("name a song with an artist fallback", async () => {
    const fallbackSong = await createRecommender(
      await loadedModel({ ...fourSongs, untrained: [{ id: "rare", count: 0, artist: "The As" }] }),
    );
    const query = queryFor(["rare", "d"], { strategy: "similarity", candidates: ["b"] });
    expect((await fallbackSong.explain(query, await fallbackSong.recommend(query))).items[0]?.because).toEqual([
      { songId: "rare", share: 1, playlists: 0 },
    ]);
  });
});

it("explaining a result yields to the event loop", async () => {
  const alike = (_row: number, rows: Uint32Array) => rows;
  const explain = createExplainer({
    index: undefined,
    similarity: alike,
    context: alike,
    hasTree: false,
    blend: blendOf(null),
  });
  let rounds = 0;
  const countRound = () => {
    rounds += 1;
    immediate = setImmediate(countRound);
  };
  let immediate = setImmediate(countRound);
  await explain(
    Array.from({ length: 30 }, (_, row) => ({ songId: `${row}`, terms: [{ row, weight: 1 }] })),
    [30, 31].map((row) => ({ terms: [{ row, weight: 1 }] })),
    "blend",
    yieldEvery(0),
  );
  clearImmediate(immediate);
  expect(rounds).toBeGreaterThanOrEqual(30);
});
