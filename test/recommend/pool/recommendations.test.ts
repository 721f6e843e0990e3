import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { createError } from "../../../src/errors.ts";
import type { Model } from "../../../src/model/model.ts";
import { defaultBlend } from "../../../src/recommend/ensemble/blend.ts";
import { ColdStartSongSet } from "../../../src/recommend/cold-start/cold-start-songs.ts";
import { type Strategy, strategyNames } from "../../../src/recommend/ensemble/strategy.ts";
import {
  createRecommender,
  type RecommendationQuery,
  type Recommender,
} from "../../../src/recommend/query/recommender.ts";
import { createRandom, integerBelow } from "../../../src/word2vec/random.ts";
import { contentOf, nextSongsOf } from "../../model/small-models.ts";
import { loadWithPlaylists } from "../clustered-model.ts";
import { recordMessages } from "./posted-messages.ts";

const songCount = 4000;
const clusters = 20;

/**
 * Songs of 20 artists. Songs of an artist have similar vectors and are in the same playlists.
 *
 * @param hs hierarchical softmax
 */
async function clusteredModel(hs: boolean, songs = songCount): Promise<Model> {
  const random = createRandom(4, 5, 6);
  const vectors = () =>
    Array.from({ length: songs }, (_, row) =>
      Array.from({ length: 16 }, (_unused, d) => Math.cos(((row % clusters) + 1) * (d + 1)) + random()),
    );
  const { manifest, ...content } = contentOf({
    songs: Array.from({ length: songs }, (_, row) => ({
      id: `${row}`,
      count: 2 * songs - row,
      title: `${row}`,
      artist: `${row % clusters}`,
    })),
    input: vectors(),
    output: vectors(),
  });
  const lists = Array.from({ length: 2000 }, (_, list) =>
    Array.from({ length: 12 }, (_song, position) =>
      position < 10
        ? integerBelow(songs / clusters, random) * clusters + (list % clusters)
        : integerBelow(songs, random),
    ),
  );
  const hyperparameters = { ...manifest.hyperparameters, hs };
  const blend = { weights: { ...defaultBlend.weights, nextSong: 0.3 } };
  return loadWithPlaylists(
    { ...content, manifest: { ...manifest, hyperparameters, blend } },
    lists,
    nextSongsOf(songs, 64),
  );
}

const queryFor = (first: number, over: Partial<RecommendationQuery> = {}): RecommendationQuery => ({
  songs: [0, 1, 2, 3, 4].map((i) => ({ songId: `${(first + i * clusters) % songCount}`, weight: 1 })),
  limit: 10,
  strategy: "blend",
  ...over,
});
const candidates = Array.from({ length: 700 }, (_, i) => `${5 * i}`);
const coldStartSong = { songId: "new", references: ["1", "21"].map((songId) => ({ songId, weight: 1 })) };

const models = new Map<boolean, Promise<Model>>();

async function open(hs: boolean, threads: number, coldStartSongs: readonly (typeof coldStartSong)[] = []) {
  const loading = models.get(hs) ?? clusteredModel(hs);
  models.set(hs, loading);
  return createRecommender(await loading, threads, new ColdStartSongSet(coldStartSongs));
}

/** Opens a recommender with two search threads, and one without, on the same model. */
async function openBoth(hs: boolean, coldStartSongs: readonly (typeof coldStartSong)[] = []) {
  const [pooled, inline] = [await open(hs, 2, coldStartSongs), await open(hs, 0, coldStartSongs)];
  onTestFinished(() => pooled.close());
  return { pooled, inline };
}

describe.each([
  ["with a tree", true],
  ["with a matrix", false],
])("a recommendation %s by search threads", (_, hs) => {
  let pooled: Recommender;
  let inline: Recommender;
  beforeAll(async () => {
    [pooled, inline] = [await open(hs, 2), await open(hs, 0)];
  });
  afterAll(() => pooled.close());

  it.each([
    ["blend", {}, ["blend"]],
    ["co-occurrence", { strategy: "cooccurrence" }, ["blend"]],
    ["playlists", { strategy: "playlists" }, ["blend"]],
    ["context", { strategy: "context" }, hs ? [] : ["output"]],
    ["similarity", { strategy: "similarity" }, ["input"]],
    ["dislikes", { dislikes: ["7", "27"], exclude: ["1", "21"] }, ["blend"]],
    ["candidates", { candidates }, ["blend"]],
    ["candidates by context", { strategy: "context", candidates, dislikes: ["3"] }, ["output"]],
    ["beyond the candidates of a blend", { limit: 900 }, ["blend"]],
    ["diversity", { diversity: 0.5, limit: 60 }, ["blend"]],
    ["a deep page", { strategy: "similarity", offset: 3900, limit: 50 }, ["input"]],
  ] satisfies [string, Partial<RecommendationQuery>, string[]][])("is the same: %s", async (_name, over, kinds) => {
    const query = queryFor(1, over);
    const expected = await inline.recommend(query);
    expect(expected.items.length).toBeGreaterThanOrEqual(10);
    const { results, messages } = await recordMessages(() => pooled.recommend(query));
    for (const result of results) expect(result).toEqual(expected);
    expect([...new Set(messages.map(({ kind }) => kind))]).toEqual(kinds);
  });

  it("is the same if a page needs several searches", async () => {
    for (const [strategy, over] of [
      ["similarity", { maxPerArtist: 1, limit: 3 }],
      ["blend", { maxPerArtist: 1, limit: 20 }],
      ["similarity", { versions: "one", maxPerArtist: 30, limit: 120, diversity: 0.5 }],
    ] satisfies [Strategy, Partial<RecommendationQuery>][]) {
      const query = queryFor(1, { strategy, ...over });
      const searches = (["nearest", "blend"] as const).map((method) => vi.spyOn(pooled.search, method));
      const result = await pooled.recommend(query);
      expect(searches.flatMap(({ mock }) => mock.calls).length).toBeGreaterThan(1);
      for (const search of searches) search.mockRestore();
      expect(result).toEqual(await inline.recommend(query));
      expect(result.items).toHaveLength(over.limit);
    }
  });

  it("is the same for several groups", async () => {
    const groups = ["1", "2", "3"].map((songId) => [{ songId, weight: 1 }]);
    for (const strategy of ["blend", "similarity"] as const) {
      const query = { ...queryFor(0, { strategy }), groups };
      const { results, messages } = await recordMessages(() => pooled.recommendForGroups(query));
      for (const result of results) expect(result).toEqual(await inline.recommendForGroups(query));
      expect(messages.length).toBeGreaterThanOrEqual(groups.length);
    }
  });

  it("includes cold-start songs", async () => {
    const recommenders = await openBoth(hs, [coldStartSong]);
    for (const strategy of strategyNames) {
      for (const over of [{ limit: songCount }, { maxPerArtist: 2, limit: 8 }]) {
        const query = queryFor(1, { strategy, ...over });
        const expected = await recommenders.inline.recommend(query);
        const { results } = await recordMessages(() => recommenders.pooled.recommend(query));
        for (const result of results) expect(result).toEqual(expected);
        if (over.limit === songCount) expect(expected.items.map(({ songId }) => songId)).toContain("new");
      }
    }
  });

  it("is the same for concurrent queries of all kinds", async () => {
    const queryAll = ({ recommend, similar }: Recommender) =>
      Array.from({ length: 60 }, (_unused, i) =>
        i % 6 === 5
          ? similar(`${i}`, { limit: 10 })
          : recommend(
              queryFor(i * 3, {
                strategy: strategyNames[i % 6] ?? "blend",
                ...(i % 7 === 0 && { candidates: Array.from({ length: 50 }, (_song, song) => `${song * 11 + i}`) }),
              }),
            ),
      );
    const { results, messages } = await recordMessages(() => Promise.all(queryAll(pooled)));
    const expected = await Promise.all(queryAll(inline));
    for (const result of results) expect(result).toEqual(expected);
    const kinds = new Set(messages.map(({ kind }) => kind));
    expect([kinds.has("blend"), kinds.has("input")]).toEqual([true, true]);
  });
});

describe("a recommendation by search threads", () => {
  it("loses no query when threads die, and threads are restarted", async () => {
    const { pooled, inline } = await openBoth(true);
    const queryAll = ({ recommend }: Recommender) =>
      Promise.all(Array.from({ length: 20 }, (_unused, i) => recommend(queryFor(i))));
    const expected = await queryAll(inline);
    const terminate = (workers: Iterable<unknown>) =>
      Promise.all(Array.from(workers, (worker) => worker instanceof Worker && worker.terminate()));

    const { workers } = await recordMessages(() => queryAll(pooled));
    expect(workers.size).toBe(2);
    await terminate(workers);
    const later = await recordMessages(() => queryAll(pooled));
    for (const result of later.results) expect(result).toEqual(expected);
    expect(later.workers.isDisjointFrom(workers)).toBe(true);
    expect(later.workers.size).toBe(2);

    const running = queryAll(pooled);
    await terminate(later.workers);
    expect(await running).toEqual(expected);
  });

  it("runs on the calling thread after the model is closed, even between two searches", async () => {
    const { pooled, inline } = await openBoth(true);
    const query = queryFor(1, { strategy: "similarity", maxPerArtist: 1, limit: 3 });
    const expected = await inline.recommend(query);
    const running = [1, 2, 3].map(() => pooled.recommend(query));
    await pooled.close();
    for (const result of running) expect(await result).toEqual(expected);
    const { results, messages } = await recordMessages(() => pooled.recommend(query));
    for (const result of results) expect(result).toEqual(expected);
    expect(messages).toEqual([]);
    expect(await pooled.recommend(queryFor(1))).toEqual(await inline.recommend(queryFor(1)));
  });

  it("fails with its first or a later search, and the next one succeeds", async () => {
    const { pooled, inline } = await openBoth(false);
    const query = queryFor(1, { strategy: "similarity", maxPerArtist: 1, limit: 3 });
    const { nearest: real } = pooled.search;
    for (const before of [0, 1]) {
      const nearest = vi.spyOn(pooled.search, "nearest");
      for (let i = 0; i < before; i++) nearest.mockImplementationOnce(real);
      nearest.mockRejectedValueOnce(createError("OVERLOADED"));
      await expect(pooled.recommend(query)).rejects.toMatchObject({ code: "OVERLOADED" });
      expect(nearest).toHaveBeenCalledTimes(before + 1);
      nearest.mockRestore();
    }
    expect(await pooled.recommend(query)).toEqual(await inline.recommend(query));
  });

  it("waits for the threads to be ready", async () => {
    const emit = vi.spyOn(Worker.prototype, "emit");
    onTestFinished(() => emit.mockRestore());
    await openBoth(true);
    expect(emit.mock.calls.filter(([event]) => event === "message")).toEqual(
      Array(2).fill(["message", { blendMilliseconds: expect.any(Number) }]),
    );
  });

  it("yields to the event loop once without threads", async () => {
    const inline = await open(true, 0);
    const round = vi.fn<() => void>();
    setImmediate(round);
    const { messages } = await recordMessages(() => inline.recommend(queryFor(1)));
    expect([round.mock.calls.length, messages]).toEqual([1, []]);
  });

  it("yields to the event loop between sequential and concurrent queries on the calling thread", async () => {
    const [small, inline] = [await createRecommender(await clusteredModel(false, 100)), await open(true, 0)];
    onTestFinished(() => small.close());
    const roundsOf = async (run: () => Promise<unknown>) => {
      let rounds = 0;
      const count = () => {
        rounds++;
        immediate = setImmediate(count);
      };
      let immediate = setImmediate(count);
      await run();
      clearImmediate(immediate);
      return rounds;
    };
    const oneByOne = async () => {
      for (let i = 0; i < 400; i++) await small.similar(`${i % 100}`, { limit: 10 });
    };
    expect(await roundsOf(oneByOne)).toBeGreaterThan(2);
    const together = () => Promise.all(Array.from({ length: 20 }, (_, i) => inline.recommend(queryFor(i))));
    expect(await roundsOf(together)).toBeGreaterThanOrEqual(20);
  });

  it("has threads only if a blend or a scan takes long enough", async () => {
    for (const size of [songCount, 100]) {
      const recommender = await createRecommender(await clusteredModel(true, size));
      onTestFinished(() => recommender.close());
      const { milliseconds, blendMilliseconds, threads } = recommender.searchPlan;
      const isLong = Math.max(milliseconds, blendMilliseconds ?? 0) > 0.25;
      expect(threads > 0, `${milliseconds} and ${blendMilliseconds} ms`).toBe(isLong && availableParallelism() > 1);
      if (availableParallelism() > 1) expect(blendMilliseconds).toBeGreaterThan(0);
      const { results, messages } = await recordMessages(() => recommender.recommend(queryFor(1)));
      expect(messages.length > 0).toBe(threads > 0 && (blendMilliseconds ?? 0) > 0.25);
      expect(results[0]?.items).toHaveLength(10);
    }
  });
});
