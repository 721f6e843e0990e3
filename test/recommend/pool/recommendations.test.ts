import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { createError } from "../../../src/errors.ts";
import type { Model } from "../../../src/model/model.ts";
import { ColdStartSongSet } from "../../../src/recommend/cold-start/cold-start-songs.ts";
import { type Strategy, strategyNames } from "../../../src/recommend/ensemble/strategy.ts";
import {
  createRecommender,
  type RecommendationQuery,
  type Recommender,
} from "../../../src/recommend/query/recommender.ts";
import { createRandom, integerBelow } from "../../../src/word2vec/random.ts";
import { contentOf } from "../../model/small-models.ts";
import { loadWithPlaylists } from "../clustered-model.ts";
import { posted } from "./posted-messages.ts";

const most = 4000;
const shelves = 20;

/**
 * Songs of twenty artists, those of one near each other and in the same playlists; what a song predicts is a tree's, or
 * a matrix.
 */
async function shelvedModel(hs: boolean, songs = most): Promise<Model> {
  const random = createRandom(4, 5, 6);
  const vectors = () =>
    Array.from({ length: songs }, (_, row) =>
      Array.from({ length: 16 }, (_unused, d) => Math.cos(((row % shelves) + 1) * (d + 1)) + random()),
    );
  const { manifest, ...content } = contentOf({
    songs: Array.from({ length: songs }, (_, row) => ({
      id: `${row}`,
      count: 2 * songs - row,
      title: `${row}`,
      artist: `${row % shelves}`,
    })),
    input: vectors(),
    output: vectors(),
  });
  const lists = Array.from({ length: 2000 }, (_, list) =>
    Array.from({ length: 12 }, (_song, place) =>
      place < 10 ? integerBelow(songs / shelves, random) * shelves + (list % shelves) : integerBelow(songs, random),
    ),
  );
  const hyperparameters = { ...manifest.hyperparameters, hs };
  return loadWithPlaylists({ ...content, manifest: { ...manifest, hyperparameters } }, lists);
}

const asking = (first: number, over: Partial<RecommendationQuery> = {}): RecommendationQuery => ({
  songs: [0, 1, 2, 3, 4].map((i) => ({ songId: `${(first + i * shelves) % most}`, weight: 1 })),
  limit: 10,
  strategy: "blend",
  ...over,
});
const candidates = Array.from({ length: 700 }, (_, i) => `${5 * i}`);
const newcomer = { songId: "new", references: ["1", "21"].map((songId) => ({ songId, weight: 1 })) };

const models = new Map<boolean, Promise<Model>>();

async function open(hs: boolean, threads: number, provisional: readonly (typeof newcomer)[] = []) {
  const loading = models.get(hs) ?? shelvedModel(hs);
  models.set(hs, loading);
  return createRecommender(await loading, threads, new ColdStartSongSet(provisional));
}

/** Of one model: a recommender with two search threads, and one without. */
async function openBoth(hs: boolean, provisional: readonly (typeof newcomer)[] = []) {
  const [there, here] = [await open(hs, 2, provisional), await open(hs, 0, provisional)];
  onTestFinished(() => there.close());
  return { there, here };
}

describe.each([
  ["down a tree", true],
  ["with a matrix", false],
])("a recommendation %s by search threads", (_, hs) => {
  let there: Recommender;
  let here: Recommender;
  beforeAll(async () => {
    [there, here] = [await open(hs, 2), await open(hs, 0)];
  });
  afterAll(() => there.close());

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
    const question = asking(1, over);
    const expected = await here.recommend(question);
    expect(expected.items.length).toBeGreaterThanOrEqual(10);
    const { results, messages } = await posted(() => there.recommend(question));
    for (const result of results) expect(result).toEqual(expected);
    expect([...new Set(messages.map(({ kind }) => kind))]).toEqual(kinds);
  });

  it("is the same where a page takes several searches", async () => {
    for (const [strategy, over] of [
      ["similarity", { maxPerArtist: 1, limit: 3 }],
      ["blend", { maxPerArtist: 1, limit: 20 }],
      ["similarity", { versions: "one", maxPerArtist: 30, limit: 120, diversity: 0.5 }],
    ] satisfies [Strategy, Partial<RecommendationQuery>][]) {
      const question = asking(1, { strategy, ...over });
      const searches = (["nearest", "blend"] as const).map((method) => vi.spyOn(there.search, method));
      const result = await there.recommend(question);
      expect(searches.flatMap(({ mock }) => mock.calls).length).toBeGreaterThan(1);
      for (const search of searches) search.mockRestore();
      expect(result).toEqual(await here.recommend(question));
      expect(result.items).toHaveLength(over.limit);
    }
  });

  it("is the same for several groups", async () => {
    const groups = ["1", "2", "3"].map((songId) => [{ songId, weight: 1 }]);
    for (const strategy of ["blend", "similarity"] as const) {
      const question = { ...asking(0, { strategy }), groups };
      const { results, messages } = await posted(() => there.recommendForGroups(question));
      for (const result of results) expect(result).toEqual(await here.recommendForGroups(question));
      expect(messages.length).toBeGreaterThanOrEqual(groups.length);
    }
  });

  it("has newcomers in their places", async () => {
    const beside = await openBoth(hs, [newcomer]);
    for (const strategy of strategyNames) {
      for (const over of [{ limit: most }, { maxPerArtist: 2, limit: 8 }]) {
        const question = asking(1, { strategy, ...over });
        const expected = await beside.here.recommend(question);
        const { results } = await posted(() => beside.there.recommend(question));
        for (const result of results) expect(result).toEqual(expected);
        if (over.limit === most) expect(expected.items.map(({ songId }) => songId)).toContain("new");
      }
    }
  });

  it("is the same among many at once, of all kinds", async () => {
    const askAll = ({ recommend, similar }: Recommender) =>
      Array.from({ length: 60 }, (_unused, i) =>
        i % 6 === 5
          ? similar(`${i}`, { limit: 10 })
          : recommend(
              asking(i * 3, {
                strategy: strategyNames[i % 6] ?? "blend",
                ...(i % 7 === 0 && { candidates: Array.from({ length: 50 }, (_song, song) => `${song * 11 + i}`) }),
              }),
            ),
      );
    const { results, messages } = await posted(() => Promise.all(askAll(there)));
    const expected = await Promise.all(askAll(here));
    for (const result of results) expect(result).toEqual(expected);
    const kinds = new Set(messages.map(({ kind }) => kind));
    expect([kinds.has("blend"), kinds.has("input")]).toEqual([true, true]);
  });
});

describe("a recommendation by search threads", () => {
  it("loses no query to threads that die, and others take their place", async () => {
    const { there, here } = await openBoth(true);
    const askAll = ({ recommend }: Recommender) =>
      Promise.all(Array.from({ length: 20 }, (_unused, i) => recommend(asking(i))));
    const expected = await askAll(here);
    const terminate = (workers: Iterable<unknown>) =>
      Promise.all(Array.from(workers, (worker) => worker instanceof Worker && worker.terminate()));

    const { workers } = await posted(() => askAll(there));
    expect(workers.size).toBe(2);
    await terminate(workers);
    const later = await posted(() => askAll(there));
    for (const result of later.results) expect(result).toEqual(expected);
    expect(later.workers.isDisjointFrom(workers)).toBe(true);
    expect(later.workers.size).toBe(2);

    const running = askAll(there);
    await terminate(later.workers);
    expect(await running).toEqual(expected);
  });

  it("is made on the calling thread once the model is closed, even between two searches", async () => {
    const { there, here } = await openBoth(true);
    const question = asking(1, { strategy: "similarity", maxPerArtist: 1, limit: 3 });
    const expected = await here.recommend(question);
    const running = [1, 2, 3].map(() => there.recommend(question));
    await there.close();
    for (const result of running) expect(await result).toEqual(expected);
    const { results, messages } = await posted(() => there.recommend(question));
    for (const result of results) expect(result).toEqual(expected);
    expect(messages).toEqual([]);
    expect(await there.recommend(asking(1))).toEqual(await here.recommend(asking(1)));
  });

  it("fails as a search of it does, the first or a later one, and the next one works", async () => {
    const { there, here } = await openBoth(false);
    const question = asking(1, { strategy: "similarity", maxPerArtist: 1, limit: 3 });
    const { nearest: real } = there.search;
    for (const before of [0, 1]) {
      const nearest = vi.spyOn(there.search, "nearest");
      for (let i = 0; i < before; i++) nearest.mockImplementationOnce(real);
      nearest.mockRejectedValueOnce(createError("OVERLOADED"));
      await expect(there.recommend(question)).rejects.toMatchObject({ code: "OVERLOADED" });
      expect(nearest).toHaveBeenCalledTimes(before + 1);
      nearest.mockRestore();
    }
    expect(await there.recommend(question)).toEqual(await here.recommend(question));
  });

  it("is possible once the threads are ready, not while they start", async () => {
    const emit = vi.spyOn(Worker.prototype, "emit");
    onTestFinished(() => emit.mockRestore());
    await openBoth(true);
    expect(emit.mock.calls.filter(([event]) => event === "message")).toEqual(
      Array(2).fill(["message", { blendMilliseconds: expect.any(Number) }]),
    );
  });

  it("is between two rounds of the event loop where there are no threads", async () => {
    const here = await open(true, 0);
    const round = vi.fn<() => void>();
    setImmediate(round);
    const { messages } = await posted(() => here.recommend(asking(1)));
    expect([round.mock.calls.length, messages]).toEqual([1, []]);
  });

  it("lets the event loop turn between many that run on the calling thread, one after the other or all at once", async () => {
    const [inline, here] = [await createRecommender(await shelvedModel(false, 100)), await open(true, 0)];
    onTestFinished(() => inline.close());
    const roundsOf = async (work: () => Promise<unknown>) => {
      let rounds = 0;
      const count = () => {
        rounds++;
        immediate = setImmediate(count);
      };
      let immediate = setImmediate(count);
      await work();
      clearImmediate(immediate);
      return rounds;
    };
    const oneByOne = async () => {
      for (let i = 0; i < 400; i++) await inline.similar(`${i % 100}`, { limit: 10 });
    };
    expect(await roundsOf(oneByOne)).toBeGreaterThan(2);
    const together = () => Promise.all(Array.from({ length: 20 }, (_, i) => here.recommend(asking(i))));
    expect(await roundsOf(together)).toBeGreaterThanOrEqual(20);
  });

  it("has threads only where it takes long enough, or a scan does", async () => {
    for (const size of [most, 100]) {
      const recommender = await createRecommender(await shelvedModel(true, size));
      onTestFinished(() => recommender.close());
      const { milliseconds, blendMilliseconds, threads } = recommender.searchPlan;
      const isLong = Math.max(milliseconds, blendMilliseconds ?? 0) > 0.25;
      expect(threads > 0, `${milliseconds} and ${blendMilliseconds} ms`).toBe(isLong && availableParallelism() > 1);
      if (availableParallelism() > 1) expect(blendMilliseconds).toBeGreaterThan(0);
      const { results, messages } = await posted(() => recommender.recommend(asking(1)));
      expect(messages.length > 0).toBe(threads > 0 && (blendMilliseconds ?? 0) > 0.25);
      expect(results[0]?.items).toHaveLength(10);
    }
  });
});
