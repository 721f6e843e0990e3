import { loadVersion } from "../../../src/model/loading/load.ts";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { openVersions, type Versions } from "../../../src/model/format/versions.ts";
import { createRecommender } from "../../../src/recommend/query/recommender.ts";
import { superviseTraining } from "../../../src/training/process/supervisor.ts";
import { resolveHyperparameters } from "../../../src/word2vec/hyperparameters.ts";
import { createRandom, integerBelow, shuffle } from "../../../src/word2vec/random.ts";

const size = 40;
const lists = walks(1200);
let folder: string;
let versions: Versions;

/** 10 groups of songs in a ring; each playlist walks along one of them, by one to three songs at a time. */
function walks(count: number): number[][] {
  const random = createRandom(4, 5, 6);
  return Array.from({ length: count }, (_, i) => {
    let at = integerBelow(size, random);
    return Array.from({ length: 10 }, () => (i % 10) * size + (at = (at + 1 + integerBelow(3, random)) % size));
  });
}

/** The same songs in the same numbers, dealt to the playlists anew. */
function shuffled(playlists: readonly (readonly number[])[]): number[][] {
  const songs = playlists.flat();
  const order = [...shuffle(new Uint32Array(songs.length), createRandom(1, 2, 3))];
  return playlists.map(({ length }) => order.splice(0, length).map((at) => songs[at] ?? 0));
}

async function train(playlists: readonly (readonly number[])[], active: number | null) {
  const file = join(folder, "lists.csv");
  await writeFile(
    file,
    ["Category,master_number", ...playlists.flatMap((playlist, i) => playlist.map((song) => `${i},${song}`))].join(
      "\n",
    ),
  );
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
    active: active === null ? null : { version: active, mostLost: 0.5 },
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "song2vec-"));
  versions = await openVersions(join(folder, "models"));
  return () => rm(folder, { recursive: true });
});

describe("a new version", () => {
  it("is judged by what was held out, and the blend finds more of it than any method alone that says anything", async () => {
    const { version, summary } = await train(lists.slice(0, 1000), null);
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

  it("answers by the blend with what comes next, and with every other song after that", async () => {
    const recommender = await createRecommender(await loadVersion(versions, 1));
    const ask = (limit: number) =>
      recommender.recommend({
        songs: ["80", "82", "83"].map((songId) => ({ songId, weight: 1 })),
        strategy: "blend",
        limit,
      });
    const { items, fallback } = await ask(10);
    expect(fallback).toBeNull();
    expect(items.filter(({ songId }) => Number(songId) > 83 && Number(songId) < 100).length).toBeGreaterThanOrEqual(8);
    const all = (await ask(1000)).items;
    expect(new Set(all.map(({ songId }) => songId)).size).toBe(397);
    expect(all.slice(0, 10)).toEqual(items);
    expect(all.every(({ score }, i) => i === 0 || score <= (all[i - 1]?.score ?? 0))).toBe(true);
    await recommender.close();
  });

  it("of shuffled playlists is refused, with both figures", async () => {
    const { gate } = (await train(shuffled(lists.slice(0, 1000)), 1)).summary;
    expect(gate).toMatchObject({
      activeVersion: 1,
      songsLost: 0,
      reason: expect.stringMatching(/NDCG@10 of \d+ held-out playlists is 0\.\d+, that of the active version 0\.\d+/),
    });
    expect(gate?.figure).toBeLessThan((gate?.activeFigure ?? 0) / 1.5);
  });

  it("of more playlists of the same kind is let through", async () => {
    const { gate } = (await train(lists, 1)).summary;
    expect(gate?.reason).toBeNull();
    expect(gate?.cases).toBeGreaterThan(200);
  });

  it("that lacks most songs of the active one is refused", async () => {
    const { gate } = (
      await train(
        lists.filter((list) => (list[0] ?? 0) < 3 * size),
        1,
      )
    ).summary;
    expect(gate?.reason).toMatch(/it does not know 280 of the 400 songs of the active version/);
  });
});
