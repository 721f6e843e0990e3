import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createRecommender,
  type RecommendationQuery,
  type Recommender,
  type Strategy,
} from "../../../src/recommend/query/recommender.ts";
import { fourSongs, loadedModel, type SmallModel } from "../../model/small-models.ts";

async function recommenderOf(model: SmallModel = fourSongs): Promise<Recommender> {
  return createRecommender(await loadedModel(model));
}

function queryFor(songIds: readonly string[], over: Partial<RecommendationQuery> = {}): RecommendationQuery {
  return { songs: songIds.map((songId) => ({ songId, weight: 1 })), limit: 10, strategy: "similarity", ...over };
}

const scoresOf = ({ items }: { items: { songId: string; score: number }[] }) =>
  items.map(({ songId, score }) => [songId, score]);
const idsOf = ({ items }: { items: { songId: string }[] }) => items.map(({ songId }) => songId);

describe("similarity", () => {
  it("is the cosine with the mean of the unit vectors", async () => {
    const recommender = await recommenderOf();
    expect(await recommender.recommend(queryFor(["a"]))).toEqual({
      modelVersion: 1,
      strategy: "similarity",
      items: [
        { songId: "b", score: 0.6, title: "Beta" },
        { songId: "c", score: 0 },
        { songId: "d", score: -1 },
      ],
      unknownSongs: [],
      fallback: null,
    });
    expect(scoresOf(await recommender.recommend(queryFor(["a", "b"])))).toEqual([
      ["c", 0.447214],
      ["d", -0.894427],
    ]);
  });

  it("does not depend on the length of vectors", async () => {
    const scaled = await recommenderOf({
      ...fourSongs,
      input: [
        [3, 0],
        [6e-9, 8e-9],
        [0, 1e15],
        [-2, 0],
      ],
    });
    expect(await scaled.recommend(queryFor(["a", "b"]))).toEqual(
      await (await recommenderOf()).recommend(queryFor(["a", "b"])),
    );
  });

  it("weights songs, and subtracts disliked ones", async () => {
    const recommender = await recommenderOf();
    const weightedQuery = queryFor([], {
      songs: [
        { songId: "a", weight: 3 },
        { songId: "c", weight: 4 },
      ],
    });
    expect(scoresOf(await recommender.recommend(weightedQuery))).toEqual([
      ["b", 1],
      ["d", -0.6],
    ]);
    expect(scoresOf(await recommender.recommend(queryFor(["c"], { dislikes: ["a"] })))).toEqual([
      ["d", 0.707107],
      ["b", 0.141421],
    ]);
  });
});

describe("context", () => {
  it("is the dot product of the mean input vector with the output vectors", async () => {
    const recommender = await recommenderOf();
    expect(scoresOf(await recommender.recommend(queryFor(["a"], { strategy: "context" })))).toEqual([
      ["c", 2],
      ["b", 1],
      ["d", 0],
    ]);
    expect(scoresOf(await recommender.recommend(queryFor(["a", "c"], { strategy: "context" })))).toEqual([
      ["b", 1],
      ["d", -0.5],
    ]);
  });

  it("weights songs, and subtracts disliked ones", async () => {
    const recommender = await recommenderOf();
    const songs = [
      { songId: "a", weight: 3 },
      { songId: "b", weight: 5 },
    ];
    expect(scoresOf(await recommender.recommend({ songs, dislikes: ["d"], limit: 9, strategy: "context" }))).toEqual([
      ["c", 1.555556],
    ]);
  });
});

describe("a model without output vectors", () => {
  it("recommends by similarity, and reports the fallback", async () => {
    const recommender = await recommenderOf({ ...fourSongs, output: null });
    const similar = await recommender.recommend(queryFor(["a"]));
    expect(similar).toMatchObject({ strategy: "similarity", fallback: null });
    expect(await recommender.recommend(queryFor(["a"], { strategy: "context" }))).toEqual({
      ...similar,
      strategy: "context",
      fallback: "similarity",
    });
    expect((await recommender.recommend(queryFor(["z"], { strategy: "context" }))).fallback).toBe("popular");
  });
});

describe.each<Strategy>(["similarity", "context"])("a recommendation by %s", (strategy) => {
  it("has no query songs, disliked or excluded songs", async () => {
    const recommender = await recommenderOf();
    expect(
      idsOf(
        await recommender.recommend(queryFor(["a"], { strategy, dislikes: ["b"], exclude: ["d", "d", "unknown"] })),
      ),
    ).toEqual(["c"]);
  });

  it("counts repeated songs once, with their first weight", async () => {
    const recommender = await recommenderOf();
    const [first, again, other] = [
      { songId: "a", weight: 2 },
      { songId: "a", weight: 50 },
      { songId: "c", weight: 1 },
    ];
    expect(await recommender.recommend({ songs: [first, other, again], limit: 9, strategy })).toEqual(
      await recommender.recommend({ songs: [first, other], limit: 9, strategy }),
    );
  });

  it("lists distinct unknown songs in the order of the query, and ignores them", async () => {
    const recommender = await recommenderOf();
    const result = await recommender.recommend(queryFor(["z", "a", "__proto__", "z"], { strategy }));
    expect(result.unknownSongs).toEqual(["z", "__proto__"]);
    expect(result.items).toEqual((await recommender.recommend(queryFor(["a"], { strategy }))).items);
  });

  it("is rejected for unknown songs with onUnknown: error", async () => {
    const recommender = await recommenderOf();
    await expect(
      recommender.recommend(queryFor(["z", "a", "y", "z"], { strategy, onUnknown: "error" })),
    ).rejects.toMatchObject({ code: "UNKNOWN_SONGS", params: { songIds: ["z", "y"] } });
    await expect(
      recommender.recommend(queryFor(["a"], { strategy, onUnknown: "error", dislikes: ["z"], exclude: ["a", "y"] })),
    ).rejects.toMatchObject({ params: { songIds: [], unknown: { dislikes: ["z"], exclude: ["y"] } } });
  });

  it("is the most played songs, with fallback: popular, if no song is known", async () => {
    const recommender = await recommenderOf();
    expect(await recommender.recommend(queryFor(["z"], { strategy, dislikes: ["b"], limit: 2 }))).toEqual({
      modelVersion: 1,
      strategy,
      items: [
        { songId: "a", score: 0.4, title: "Alpha", artist: "The As" },
        { songId: "c", score: 0.2 },
      ],
      unknownSongs: ["z"],
      fallback: "popular",
    });
    expect(idsOf(await recommender.recommend(queryFor([], { strategy })))).toEqual(["a", "b", "c", "d"]);
  });

  it("is empty if no song is known, with fallback: none", async () => {
    const recommender = await recommenderOf();
    expect(await recommender.recommend(queryFor(["z"], { strategy, fallback: "none" }))).toMatchObject({
      items: [],
      unknownSongs: ["z"],
      fallback: null,
    });
  });

  it("has limit songs while the catalogue has them, in order of plays for equal scores", async () => {
    const recommender = await recommenderOf({
      ...fourSongs,
      input: [
        [0.3, 0.7],
        [-0.3, -0.7],
        [0, 0],
        [1, 1],
      ],
    });
    const nothing: Partial<RecommendationQuery>[] = [
      queryFor(["a", "b"]),
      queryFor(["c"]),
      { songs: [{ songId: "d", weight: 0 }] },
      {
        songs: [
          { songId: "d", weight: 1 },
          { songId: "d", weight: 9 },
        ],
        dislikes: ["d"],
      },
    ];
    for (const query of nothing) {
      const result = await recommender.recommend(queryFor([], { ...query, strategy, limit: 2 }));
      expect(result.fallback).toBeNull();
      expect(result.items.map(({ score }) => score)).toEqual([0, 0]);
      expect(idsOf(result)).toEqual(
        ["a", "b", "c", "d"].filter((id) => !query.songs?.some(({ songId }) => songId === id)).slice(0, 2),
      );
    }
  });

  it("is never NaN, for any weights", async () => {
    const recommender = await recommenderOf({
      ...fourSongs,
      input: [
        [1e18, 0],
        [1e-18, 0],
        [0, 1e-30],
        [0, 0],
      ],
    });
    const weight = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(1e308, -1e308, 5e-324, 0, -0),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ songId: fc.constantFrom("a", "b", "c"), weight }), { minLength: 1 }),
        async (songs) => {
          const { items } = await recommender.recommend({ songs, limit: 4, strategy });
          expect(items).toHaveLength(4 - new Set(songs.map(({ songId }) => songId)).size);
          expect(items.every(({ score }) => Number.isFinite(score))).toBe(true);
        },
      ),
    );
  });

  it("ranks like double precision", async () => {
    const value = fc.integer({ min: -9, max: 9 });
    const matrix = fc.array(fc.array(value, { minLength: 20, maxLength: 20 }), { minLength: 30, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        matrix,
        matrix,
        fc.uniqueArray(fc.nat(29), { minLength: 1, maxLength: 5 }),
        async (input, output, queryRows) => {
          const songs = input.map((_, row) => ({ id: `${row}`, count: 1 }));
          const { items } = await (
            await recommenderOf({ songs, input, output })
          ).recommend(queryFor(queryRows.map(String), { strategy, limit: 30 }));
          const expected = plainScores(strategy, input, output, queryRows);
          expect(items).toHaveLength(30 - queryRows.length);
          for (const { songId, score } of items)
            expect(Math.abs(score - (expected[Number(songId)] ?? 0))).toBeLessThan(1e-4);
          expect(items.every(({ score }, i) => score >= (items[i + 1]?.score ?? -Infinity))).toBe(true);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("throws a RangeError for an invalid weight or limit", async () => {
    const recommender = await recommenderOf();
    for (const limit of [0, -1, 1.5, Number.NaN])
      await expect(recommender.recommend(queryFor(["a"], { strategy, limit }))).rejects.toThrow(RangeError);
    await expect(
      recommender.recommend({ songs: [{ songId: "a", weight: Number.NaN }], strategy, limit: 1 }),
    ).rejects.toThrow(RangeError);
  });
});

describe("similar songs", () => {
  it("are those of the similarity strategy for one song", async () => {
    const recommender = await recommenderOf();
    expect(await recommender.similar("a", { limit: 2 })).toEqual({
      modelVersion: 1,
      songId: "a",
      items: (await recommender.recommend(queryFor(["a"], { limit: 2 }))).items,
    });
    expect(idsOf(await recommender.similar("a", { limit: 9, exclude: ["b", "z"] }))).toEqual(["c", "d"]);
  });

  it("are paginated, and end at minScore", async () => {
    const recommender = await recommenderOf();
    expect(idsOf(await recommender.similar("a", { limit: 1, offset: 1 }))).toEqual(["c"]);
    expect(idsOf(await recommender.similar("a", { limit: 5, offset: 9 }))).toEqual([]);
    expect(idsOf(await recommender.similar("a", { limit: 5, minScore: 0 }))).toEqual(["b", "c"]);
  });

  it("are rejected for an unknown song", async () => {
    const recommender = await recommenderOf();
    for (const songId of ["z", "", "__proto__"])
      await expect(recommender.similar(songId, { limit: 1 })).rejects.toMatchObject({
        code: "SONG_NOT_FOUND",
        params: { songId },
      });
  });
});

describe("a song", () => {
  it("has plays, and title and artist if known", async () => {
    const recommender = await recommenderOf();
    expect(recommender.song("a")).toEqual({
      songId: "a",
      count: 40,
      popularityPercentile: 100,
      title: "Alpha",
      artist: "The As",
    });
    expect(recommender.song("d")).toEqual({ songId: "d", count: 10, popularityPercentile: 25 });
    expect(() => recommender.song("z")).toThrow(expect.objectContaining({ code: "SONG_NOT_FOUND" }));
  });

  it("has the percentile of songs with as many plays", async () => {
    const songs = [9, 5, 5, 1, 1, 1].map((count, row) => ({ id: `${row}`, count }));
    const recommender = await recommenderOf({ songs, input: songs.map(() => [1]) });
    expect(songs.map(({ id }) => recommender.song(id).popularityPercentile)).toEqual([100, 83.33, 83.33, 50, 50, 50]);
  });

  it("has a share of 0 if there are no plays", async () => {
    const recommender = await recommenderOf({ songs: [{ id: "a", count: 0 }], input: [[1]] });
    expect((await recommender.recommend(queryFor([]))).items).toEqual([{ songId: "a", score: 0 }]);
  });
});

function plainScores(
  strategy: Strategy,
  input: readonly number[][],
  output: readonly number[][],
  queryRows: readonly number[],
): number[] {
  const unit = (vector: readonly number[]) => vector.map((value) => value / (Math.hypot(...vector) || 1));
  const mean = (vectors: readonly (readonly number[])[]) =>
    (vectors[0] ?? []).map((_, i) => vectors.reduce((sum, vector) => sum + (vector[i] ?? 0), 0) / vectors.length);
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  const vectors = queryRows.map((row) => input[row] ?? []);
  if (strategy === "context") return output.map((row) => dot(row, mean(vectors)));
  return input.map((row) => dot(unit(row), unit(mean(vectors.map(unit)))));
}
