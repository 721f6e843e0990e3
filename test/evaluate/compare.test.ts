import { loadVersion } from "../../src/model/loading/load.ts";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareModels, comparisonSchema } from "../../src/evaluate/compare.ts";
import { evaluate } from "../../src/evaluate/evaluation.ts";
import { findNeighbourLists } from "../../src/evaluate/neighbour-lists.ts";
import type { Versions } from "../../src/model/format/versions.ts";
import { createRecommender } from "../../src/recommend/query/recommender.ts";
import { createRandom } from "../../src/word2vec/random.ts";
import { runs } from "../helpers/fault-form.ts";
import { fourSongs, publishedModel, publishModel, type SmallModel } from "../model/small-models.ts";

const openVersion = async (versions: Versions, version: number) => ({ version, ...(await versions.find(version)) });

async function comparedModels(a: SmallModel, b: SmallModel, options = {}) {
  const { versions } = await publishedModel(a);
  await publishModel(versions, b);
  const comparison = await compareModels(await openVersion(versions, 1), await openVersion(versions, 2), options);
  return comparisonSchema.parse(comparison);
}

/** Songs in groups with similar vectors. */
function grouped(groupOf: (song: number) => number, songs: number, seed = 1): SmallModel {
  const random = createRandom(seed, 2, 3);
  const noise = () => (random() - 0.5) / 10;
  return {
    songs: Array.from({ length: songs }, (_, song) => ({ id: `${song}`, count: 1000 - song, title: `Title ${song}` })),
    input: Array.from({ length: songs }, (_, song) =>
      Array.from({ length: 20 }, (_unused, d) => (d === groupOf(song) ? 1 : 0) + noise()),
    ),
  };
}

describe("the nearest songs of a stored version", () => {
  it("equal those of the recommender", async () => {
    const value = fc.integer({ min: -9, max: 9 });
    const matrix = fc
      .integer({ min: 2, max: 30 })
      .chain((songs) =>
        fc.array(fc.array(value, { minLength: 5, maxLength: 5 }), { minLength: songs, maxLength: songs }),
      );
    await fc.assert(
      fc.asyncProperty(matrix, async (input) => {
        const { versions } = await publishedModel({
          songs: input.map((_, row) => ({ id: `${row}`, count: 1 })),
          input,
        });
        const recommender = await createRecommender(await loadVersion(versions, 1));
        const rows = [0, input.length - 1];
        const lists = await findNeighbourLists(await versions.find(1), rows, 10);
        for (const [i, row] of rows.entries()) {
          const scores = new Map(
            (await recommender.similar(`${row}`, { limit: 30 })).items.map(({ songId, score }) => [songId, score]),
          );
          const found = [...(lists[i] ?? [])].map((neighbour) => scores.get(`${neighbour}`));
          expect(found).toEqual([...scores.values()].slice(0, Math.min(10, input.length - 1)));
        }
      }),
      { numRuns: runs(40) },
    );
  });

  it("are found over many blocks", async () => {
    const { versions } = await publishedModel(grouped((song) => song % 20, 1500));
    const lists = await findNeighbourLists(await versions.find(1), [7, 1499], 10);
    for (const [i, row] of [7, 1499].entries())
      expect([...(lists[i] ?? [])].map((neighbour) => neighbour % 20)).toEqual(
        Array.from({ length: 10 }, () => row % 20),
      );
  });
});

describe("two versions", () => {
  it("that are the same have all their nearest songs in common", async () => {
    const model = grouped((song) => song % 5, 60);
    const { neighbours, songs } = await comparedModels(model, model);
    expect(neighbours).toMatchObject({
      songs: 60,
      at: 10,
      meanOverlap: 1,
      songsByKept: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 60],
    });
    expect(songs).toEqual({ both: 60, gained: 0, lost: 0, mostPlayedGained: [], mostPlayedLost: [] });
  });

  it("have the same songs if one has literal ids", async () => {
    const model = grouped((song) => song % 5, 60);
    const songs = model.songs.map((song) => ({ ...song, id: `00${song.id}` }));
    const literal = { ...model, songs, manifest: { songIds: "text" } } as const;
    for (const [a, b] of [[literal, model] as const, [model, literal] as const]) {
      const comparison = await comparedModels(a, b);
      expect(comparison.songs).toMatchObject({ both: 60, gained: 0, lost: 0 });
      expect(comparison.neighbours.meanOverlap).toBe(1);
    }
    expect((await comparedModels(literal, { ...model, manifest: { songIds: "text" } })).songs.lost).toBe(60);
  });

  it("name the song that moved from one group to another first, with its nearest songs before and after", async () => {
    const before = grouped((song) => song % 5, 60);
    const after = grouped((song) => (song === 33 ? 1 : song % 5), 60);
    const { neighbours } = await comparedModels(before, after, { limit: 3 });
    expect(neighbours.biggestMovers).toHaveLength(3);
    const [first] = neighbours.biggestMovers;
    expect(first).toMatchObject({ songId: "33", title: "Title 33", count: 967, overlap: 0 });
    expect(new Set(first?.before.map(({ songId }) => Number(songId) % 5))).toEqual(new Set([3]));
    expect(new Set(first?.after.map(({ songId }) => Number(songId) % 5))).toEqual(new Set([1]));
    expect(first?.after[0]?.title).toMatch(/^Title /);
    expect(neighbours.meanOverlap).toBeLessThan(1);
  });

  it("name the songs gained and lost, the most played first, hostile ids among them", async () => {
    const a: SmallModel = {
      ...fourSongs,
      songs: ["__proto__", "b", "c", "d"].map((id, row) => ({ id, count: 40 - row })),
    };
    const b: SmallModel = {
      ...fourSongs,
      songs: ["new one", "constructor", "c", "d"].map((id, row) => ({ id, count: 90 - row })),
    };
    const { songs, neighbours } = await comparedModels(a, b);
    expect(songs).toEqual({
      both: 2,
      gained: 2,
      lost: 2,
      mostPlayedGained: [
        { songId: "new one", count: 90 },
        { songId: "constructor", count: 89 },
      ],
      mostPlayedLost: [
        { songId: "__proto__", count: 40 },
        { songId: "b", count: 39 },
      ],
    });
    expect(neighbours).toMatchObject({ songs: 2, meanOverlap: 0.3333 });
  });

  it("without common songs have no overlap", async () => {
    const { neighbours } = await comparedModels(fourSongs, { songs: [{ id: "z", count: 1 }], input: [[1, 2, 3]] });
    expect(neighbours).toMatchObject({ songs: 0, meanOverlap: null, biggestMovers: [] });
  });

  it("are summarised side by side", async () => {
    const { a, b } = await comparedModels(fourSongs, { ...fourSongs, output: null });
    expect(a).toEqual({
      version: 1,
      createdAt: "2026-01-02T03:04:05.678Z",
      trainedBy: "song2vec 0.1.0",
      songs: 4,
      plays: 100,
      vectorSize: 2,
      epochs: 2,
      loss: 1.25,
      validation: 0.2,
      evaluation: null,
    });
    expect(b.version).toBe(2);
  });

  it("have their evaluations side by side", async () => {
    const { versions } = await publishedModel(fourSongs);
    const cases = [{ query: Uint32Array.of(0), truth: Uint32Array.of(3), truthCount: 1 }];
    const evaluation = await evaluate(
      cases,
      { counts: Uint32Array.of(4, 3, 2, 1) },
      { blend: () => Uint32Array.of(3), popularity: () => Uint32Array.of(1, 2, 3) },
    );
    const figures = { precision20: 0.5, meanReciprocalRank20: 0.25 };
    const nextSong = { cases: 4, repeats: 0, exclude: figures, allow: figures };
    await publishModel(versions, { ...fourSongs, manifest: { evaluation: { ...evaluation, nextSong } } });
    const { a, b } = await compareModels(await openVersion(versions, 1), await openVersion(versions, 2));
    expect(a.evaluation).toBeNull();
    expect(b.evaluation).toEqual({
      cases: 1,
      nextSong,
      methods: [
        { method: "blend", hitRate10: 1, ndcg10: 1, ndcg10Interval: [1, 1], recall100: 1, coverage: 0.25 },
        { method: "popularity", hitRate10: 1, ndcg10: 0.5, ndcg10Interval: [0.5, 0.5], recall100: 1, coverage: 0.75 },
      ],
    });
  });

  it("are rejected if one is corrupt, with the file named", async () => {
    const { versions, folder } = await publishedModel();
    const path = join(folder, "1/vectors.safetensors");
    const bytes = await readFile(path);
    const model = await openVersion(versions, 1);
    await writeFile(path, bytes.with(bytes.length - 1, 7));
    await expect(compareModels(model, model)).rejects.toMatchObject({
      code: "MODEL_DAMAGED",
      params: { file: "models/1/vectors.safetensors" },
    });
  });
});
