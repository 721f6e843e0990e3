import { beforeAll, describe, expect, it } from "vitest";
import { indexPlaylists } from "../../../src/model/memory/playlist-index.ts";
import type { Model } from "../../../src/model/model.ts";
import {
  createRecommender,
  type RecommendationQuery,
  type Recommender,
} from "../../../src/recommend/query/recommender.ts";
import { strategyNames } from "../../../src/recommend/ensemble/strategy.ts";
import { loadClusteredModel } from "../clustered-model.ts";

/** The playlists of the model, each with its first song again at the end. */
function withRepeats(model: Model): Model {
  const { offsets, rows } = model.playlists ?? { offsets: Uint32Array.of(0), rows: new Uint32Array() };
  const lists = Array.from({ length: offsets.length - 1 }, (_, i) => [...rows.subarray(offsets[i], offsets[i + 1])]);
  const repeated = lists.map((list) => [...new Set(list), list[0] ?? 0]);
  const starts = new Uint32Array(repeated.length + 1);
  for (const [i, list] of repeated.entries()) starts[i + 1] = (starts[i] ?? 0) + list.length;
  const playlists = { offsets: starts, rows: Uint32Array.from(repeated.flat()) };
  return { ...model, playlistIndex: indexPlaylists(playlists, model.counts.length) };
}

/** The same playlists with each song once. */
function withoutRepeats(model: Model): Model {
  const { offsets, rows } = withRepeats(model).playlistIndex ?? { offsets: Uint32Array.of(0), rows: new Uint32Array() };
  const lists = Array.from({ length: offsets.length - 1 }, (_, i) => [
    ...new Set(rows.subarray(offsets[i], offsets[i + 1])),
  ]);
  const starts = new Uint32Array(lists.length + 1);
  for (const [i, list] of lists.entries()) starts[i + 1] = (starts[i] ?? 0) + list.length;
  return {
    ...model,
    playlistIndex: indexPlaylists({ offsets: starts, rows: Uint32Array.from(lists.flat()) }, model.counts.length),
  };
}

let model: Model;
let recommender: Recommender;
beforeAll(async () => {
  model = await loadClusteredModel();
  recommender = await createRecommender(withRepeats(model));
  return () => recommender.close();
});

const played = ["0-0", "0-1", "0-2", "0-0"];
const queryFor = (over: Partial<RecommendationQuery> = {}): RecommendationQuery => ({
  songs: played.map((songId) => ({ songId, weight: 1 })),
  limit: 60,
  strategy: "blend",
  ...over,
});
const idsOf = ({ items }: { items: readonly { songId: string }[] }) => items.map(({ songId }) => songId);

describe("repeats", () => {
  it.each(strategyNames)("are recommended by %s with allow, and never with exclude", async (strategy) => {
    const allowed = idsOf(await recommender.recommend(queryFor({ strategy, repeats: "allow" })));
    expect(allowed).toEqual(expect.arrayContaining(["0-0", "0-1", "0-2"]));
    expect(new Set(allowed).size).toBe(allowed.length);
    for (const over of [{}, { repeats: "exclude" } as const])
      expect(idsOf(await recommender.recommend(queryFor({ strategy, ...over })))).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^0-[012]$/)]),
      );
  });

  it("say how many songs ago they were played", async () => {
    const { items } = await recommender.recommend(queryFor({ repeats: "allow" }));
    const steps = items.flatMap(({ songId, playedAgo }) => (playedAgo === undefined ? [] : [[songId, playedAgo]]));
    expect(steps.toSorted()).toEqual([
      ["0-0", 1],
      ["0-1", 3],
      ["0-2", 2],
    ]);
  });

  it.each(strategyNames)("have a reason of %s that says so, among at most ten", async (strategy) => {
    const others = Array.from({ length: 14 }, (_, i) => `${1 + (i % 5)}-${Math.floor(i / 5)}`);
    const songs = ["0-1", ...others, "0-0"].map((songId) => ({ songId, weight: 1 }));
    const query = queryFor({ songs, strategy, repeats: "allow" });
    const { items } = await recommender.explain(query, await recommender.recommend(query));
    for (const { songId, playedAgo, because = [] } of items) {
      expect(because.length).toBeLessThanOrEqual(10);
      expect(because.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
      expect(because.filter(({ text }) => text !== undefined)).toEqual(
        playedAgo === undefined
          ? []
          : [
              expect.objectContaining({
                songId,
                playedAgo,
                text: playedAgo === 1 ? "played 1 song ago" : `played ${playedAgo} songs ago`,
              }),
            ],
      );
    }
    expect(items.map(({ playedAgo }) => playedAgo)).toEqual(expect.arrayContaining([1, 16, undefined]));
  });

  it("are not recommended if they are disliked, excluded or no candidates", async () => {
    const over = { repeats: "allow", dislikes: ["0-0"], exclude: ["0-1"] } as const;
    const found = idsOf(await recommender.recommend(queryFor(over)));
    expect([found.includes("0-0"), found.includes("0-1"), found.includes("0-2")]).toEqual([false, false, true]);
    const songs = [...queryFor().songs, { songId: "0-3", weight: -1 }];
    expect(idsOf(await recommender.recommend(queryFor({ songs, repeats: "allow" })))).not.toContain("0-3");
    const candidates = ["0-2", "0-3"];
    expect(idsOf(await recommender.recommend(queryFor({ repeats: "allow", candidates }))).toSorted()).toEqual(
      candidates,
    );
  });

  it("are limited by versions and maxPerArtist like other results", async () => {
    const { items } = await recommender.recommend(queryFor({ repeats: "allow", maxPerArtist: 1, limit: 12 }));
    const artists = items.flatMap(({ artist }) => artist ?? []);
    expect(new Set(artists).size).toBe(artists.length);
    expect(idsOf(await recommender.recommend(queryFor({ repeats: "allow", versions: "one" })))).toContain("0-0");
  });

  it("are recommended to groups", async () => {
    const groups = [played, ["1-0", "1-0", "1-1"]].map((songs) => songs.map((songId) => ({ songId, weight: 1 })));
    const { songs: _, ...options } = queryFor({ repeats: "allow" });
    const { items } = await recommender.recommendForGroups({ ...options, groups });
    const steps = Object.fromEntries(items.map(({ songId, playedAgo }) => [songId, playedAgo]));
    expect(steps).toMatchObject({ "0-0": 1, "0-1": 3, "1-0": 2, "1-1": 1 });
  });

  it("are not recommended by a model whose playlists have none", async () => {
    const plain = await createRecommender(withoutRepeats(model));
    const { items } = await plain.recommend(queryFor({ repeats: "allow" }));
    expect(items.filter(({ songId }) => played.includes(songId))).toEqual([]);
    expect(items.every(({ playedAgo }) => playedAgo === undefined)).toBe(true);
    await plain.close();
  });
});
