import { loadVersion } from "../../../src/model/loading/load.ts";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Lists } from "../../../src/evaluate/test-cases.ts";
import { openVersions, type Versions } from "../../../src/model/format/versions.ts";
import { createRecommender } from "../../../src/recommend/query/recommender.ts";
import { checkPromotion } from "../../../src/training/pipeline/promotion-check.ts";
import { superviseTraining } from "../../../src/training/process/supervisor.ts";
import { resolveHyperparameters } from "../../../src/word2vec/hyperparameters.ts";
import { useFolder } from "../../helpers/folder.ts";
import { loadedModel, publishedModel } from "../../model/small-models.ts";
import { listsCsv, shufflePlaylists, ringPlaylists } from "../../helpers/ring-playlists.ts";

const at = useFolder();

const size = 40;
const lists = ringPlaylists({ count: 1200, size, length: 10 });
const some = new Map([...lists].slice(0, 1000));
let versions: Versions;

async function train(playlists: Lists, active: number | null) {
  const file = at("lists.csv");
  await writeFile(file, listsCsv(playlists));
  const hyperparameters = resolveHyperparameters("tuned", { vectorSize: 16, workers: 1, epochs: 5 });
  return superviseTraining({
    task: {
      source: { playlists: [file], playlistColumn: "Category", songColumn: "master_number", songIds: "numbers" },
      hyperparameters,
      kernels: ["relaxed-simd", "simd"],
      trainedBy: "a test",
      sample: false,
    },
    versions,
    active: active === null ? null : { version: active, maxLostShare: 0.5 },
  });
}

beforeAll(async () => {
  versions = await openVersions(at("models"));
});

describe("a new version", () => {
  it("is evaluated on held-out playlists, where the blend is better than each strategy alone", async () => {
    const { version, summary } = await train(some, null);
    expect(version).toBe(1);
    expect(summary.gate).toBeNull();
    const { cases = 0, methods = [] } = summary.evaluation ?? {};
    expect(cases).toBe(200);
    expect(methods.map(({ method }) => method)).toEqual([
      "blend",
      "playlists",
      "cooccurrence",
      "context",
      "similarity",
      "item-kNN",
      "session-kNN",
      "popularity",
    ]);
    const figures = new Map(methods.map(({ method, ndcg10 }) => [method, ndcg10]));
    expect(figures.get("blend")).toBeGreaterThan(2 * (figures.get("popularity") ?? 1));
    expect(figures.get("blend")).toBeGreaterThan(0.95 * Math.max(...figures.values()));
  });

  it("ranks the next songs first with the blend, and every other song after them", async () => {
    const recommender = await createRecommender(await loadVersion(versions, 1));
    const recommend = (limit: number) =>
      recommender.recommend({
        songs: ["80", "82", "83"].map((songId) => ({ songId, weight: 1 })),
        strategy: "blend",
        limit,
      });
    const { items, fallback } = await recommend(10);
    expect(fallback).toBeNull();
    expect(items.filter(({ songId }) => Number(songId) > 83 && Number(songId) < 100).length).toBeGreaterThanOrEqual(8);
    const all = (await recommend(1000)).items;
    expect(new Set(all.map(({ songId }) => songId)).size).toBe(397);
    expect(all.slice(0, 10)).toEqual(items);
    expect(all.every(({ score }, i) => i === 0 || score <= (all[i - 1]?.score ?? 0))).toBe(true);
    await recommender.close();
  });

  it("trained on shuffled playlists is rejected, with both figures", async () => {
    const { gate } = (await train(shufflePlaylists(some, 3), 1)).summary;
    expect(gate).toMatchObject({
      activeVersion: 1,
      songsLost: 0,
      failure: "LESS_ACCURATE",
      reason: expect.stringMatching(/NDCG@10 of \d+ held-out playlists is 0\.\d+, that of the active version 0\.\d+/),
    });
    expect(gate?.figure).toBeLessThan((gate?.activeFigure ?? 0) / 1.5);
    for (const mode of ["exclude", "allow"] as const)
      expect(gate?.nextSong?.[mode].precision20).toBeLessThan(gate?.activeNextSong?.[mode].precision20 ?? 0);
    expect(gate?.nextSong).toMatchObject({
      cases: gate?.activeNextSong?.cases,
      repeats: gate?.activeNextSong?.repeats,
    });
  });

  it("trained on more playlists of the same kind passes", async () => {
    const { gate } = (await train(lists, 1)).summary;
    expect(gate).toMatchObject({ reason: null, failure: null });
    expect(gate?.cases).toBeGreaterThan(200);
  });

  it("that lacks most songs of the active one is rejected", async () => {
    const { gate } = (await train(new Map([...lists].filter(([, [first]]) => Number(first) < 3 * size)), 1)).summary;
    expect(gate?.failure).toBe("SONGS_LOST");
    expect(gate?.reason).toMatch(/280 of the 400 songs of the active version are missing/);
  });
});

describe("songs of versions with other SONG_IDS", () => {
  it.each([
    ["text", ["0101", " b", "c"], "numbers", ["101", "b", "d"], 1],
    ["numbers", ["101", "b", "c"], "text", ["0101", " b", "101.0"], 1],
    ["text", ["0101", "b"], "text", ["101", "b"], 1],
  ] as const)("are the same if their ids are: %s %j, %s %j", async (activeKind, activeIds, kind, ids, lost) => {
    const modelOf = (songs: readonly string[], songIds: "numbers" | "text") => ({
      songs: songs.map((id) => ({ id, count: 1 })),
      input: songs.map((_, row) => [row, 1]),
      manifest: { songIds },
    });
    const { folder } = await publishedModel(modelOf(activeIds, activeKind));
    const none = new Uint32Array(0);
    const candidate = {
      model: await loadedModel(modelOf(ids, kind)),
      playlists: { offsets: Uint32Array.of(0), rows: none },
      heldOutTokens: none,
      keys: none,
      held: none,
    };
    const check = await checkPromotion(candidate, { version: 1, folder: join(folder, "1"), maxLostShare: 1 });
    expect(check.songsLost).toBe(lost);
    expect(check).not.toHaveProperty("nextSong"); // nothing is held out: no figures instead of NaN
  });
});
