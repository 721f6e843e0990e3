import { describe, expect, it, onTestFinished } from "vitest";
import type { Model } from "../../../src/model/model.ts";
import { contextQuery, similarityQuery } from "../../../src/recommend/vectors/mean.ts";
import { compileScan, type ScanKernel } from "../../../src/recommend/vectors/scan.ts";
import { createSearch, type Search } from "../../../src/recommend/pool/search.ts";
import { topK } from "../../../src/recommend/vectors/top-k.ts";
import { createRandom } from "../../../src/word2vec/random.ts";
import { loadedModel } from "../../model/small-models.ts";
import { kernels } from "../vectors/kernels.ts";
import { usesThread, recordMessages } from "./posted-messages.ts";

const songs = 700;
const vectorSize = 24;
const queries = { input: similarityQuery, output: contextQuery };
const matrices = ["input", "output"] as const;
const objectives = [
  ["negative sampling", false],
  ["hierarchical softmax", true],
] as const;

/**
 * Songs in clusters of ten. Every seventh vector is zero, and some are duplicates.
 *
 * @param areSimilar all vectors are nearly the same, as after a short training
 */
async function modelOf(hs: boolean, exact = true, areSimilar = false): Promise<Model> {
  const random = createRandom(4, 5, 6);
  const value = () => 2 * random() - 1;
  const vectors = () => {
    const centres = Array.from({ length: songs / 10 }, () => Array.from({ length: vectorSize }, value));
    if (areSimilar)
      return Array.from({ length: songs }, () => (centres[0] ?? []).map((centre) => centre + value() / 1000));
    return Array.from({ length: songs }, (_, row) =>
      (centres[row % centres.length] ?? []).map((centre) =>
        row % 7 === 3 ? 0 : centre + (row % 11 === 5 ? 0 : value() / 2),
      ),
    );
  };
  return loadedModel(
    {
      songs: Array.from({ length: songs }, (_, row) => ({ id: `${row}`, count: songs - row })),
      input: vectors(),
      output: vectors(),
      manifest: { hyperparameters: { hs } },
    },
    { exact },
  );
}

async function searchOf(
  model: Model,
  { kernel = "relaxed", threads = 0 }: { kernel?: ScanKernel; threads?: number } = {},
): Promise<Search> {
  const search = createSearch(model, await compileScan(kernel), { threads });
  onTestFinished(() => search.close());
  return search;
}

function exactNearest(
  search: Search,
  matrix: "input" | "output",
  query: Float32Array,
  k: number,
  excluded: ReadonlySet<number>,
) {
  const scores = search.scores(matrix, query);
  const rows = topK(scores, k, excluded);
  return { rows: [...rows], scores: Array.from(rows, (row) => scores[row] ?? 0) };
}

const close = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).every((value, i) => Math.abs(value - (b[i] ?? Number.NaN)) < 1e-5 * Math.max(1, Math.abs(value)));

it.each(kernels)(
  "the nearest of nearly identical songs equal those of an exact scan, by the %s kernel",
  async (kernel) => {
    for (const threads of [0, 1]) {
      const search = await searchOf(await modelOf(false, true, true), { kernel, threads });
      for (const matrix of matrices) {
        for (let row = 0; row < 40; row++) {
          const query = queries[matrix](search.model, [{ row: row * 17, weight: 1 }]);
          const excluded = new Set([row * 17, row]);
          const { rows, scores } = await search.nearest(matrix, query, 10, excluded);
          expect({ rows: [...rows], scores: [...scores] }).toEqual(exactNearest(search, matrix, query, 10, excluded));
          expect([...(await search.nearest(matrix, query, 400, excluded)).rows]).toEqual(
            exactNearest(search, matrix, query, 400, excluded).rows,
          );
        }
      }
    }
  },
);

describe.each(objectives)("the nearest songs, trained by %s,", (_, hs) => {
  it.each(kernels)("equal those of an exact scan without excluded ones, by the %s kernel", async (kernel) => {
    const search = await searchOf(await modelOf(hs), { kernel });
    for (const matrix of matrices) {
      for (let row = 0; row < 40; row++) {
        const query = queries[matrix](search.model, [
          { row: row * 17, weight: 1 },
          { row: row + 100, weight: row % 3 },
        ]);
        const excluded = new Set([row * 17, row + 100, row, 699]);
        const expected = exactNearest(search, matrix, query, 10, excluded);
        const nearest = await search.nearest(matrix, query, 10, excluded);
        expect(close(nearest.scores, expected.scores)).toBe(true);
        expect(nearest.rows.every((found) => !excluded.has(found))).toBe(true);
        expect([...(await search.nearest(matrix, query, 10, [])).rows]).toEqual(
          exactNearest(search, matrix, query, 10, new Set()).rows,
        );
      }
    }
  });

  it("start with the same songs for any k", async () => {
    const search = await searchOf(await modelOf(hs));
    for (const matrix of matrices) {
      const query = queries[matrix](search.model, [
        { row: 17, weight: 1 },
        { row: 100, weight: 0.5 },
      ]);
      const most = await search.nearest(matrix, query, 690, [17]);
      for (const k of [1, 10, 300, 455, 600]) {
        const { rows, scores } = await search.nearest(matrix, query, k, [17]);
        expect([[...rows], [...scores]]).toEqual([[...most.rows.subarray(0, k)], [...most.scores.subarray(0, k)]]);
      }
    }
  });

  it("are the same from search threads, with concurrent queries", async () => {
    const model = await modelOf(hs);
    const inline = await searchOf(model);
    for (const threads of [0, 1, 2]) {
      const search = await searchOf(model, { threads });
      const requests = Array.from({ length: 50 }, (_unused, i) => ({
        matrix: matrices[i % 3 === 0 ? 0 : 1],
        row: i * 13,
        k: 1 + (i % 12),
      }));
      const results = await Promise.all(
        requests.map(({ matrix, row, k }) =>
          search.nearest(matrix, queries[matrix](model, [{ row, weight: 1 }]), k, [row, row + 1]),
        ),
      );
      for (const [i, { matrix, row, k }] of requests.entries()) {
        const { rows, scores } = await inline.nearest(matrix, queries[matrix](model, [{ row, weight: 1 }]), k, [
          row,
          row + 1,
        ]);
        expect(results[i]).toEqual({ rows, scores });
      }
    }
  });

  it("come from search threads if a scan would block the calling thread, until the search is closed", async () => {
    const model = await modelOf(hs);
    const [inline, pooled] = [await searchOf(model), await searchOf(model, { threads: 1 })];
    const bits = new Uint8Array(Math.ceil(songs / 8));
    const query = contextQuery(model, [{ row: 5, weight: 1 }]);
    expect([
      await usesThread(pooled, "input", query, 10, [1]),
      await usesThread(pooled, "input", query, 10, { bits }),
      await usesThread(pooled, "output", query, 10, { bits }),
      await usesThread(pooled, "output", query, 10, [1]),
    ]).toEqual([true, true, true, !hs]);
    expect(await usesThread(pooled, "output", query, 100_000, { bits })).toBe(false);
    expect(await usesThread(inline, "output", query, 10, { bits })).toBe(false);
    await pooled.close();
    expect(await usesThread(pooled, "input", query, 10, [1])).toBe(false);
  });

  it("are found after a failed query", async () => {
    const search = await searchOf(await modelOf(hs), { threads: 1 });
    const query = similarityQuery(search.model, [{ row: 5, weight: 1 }]);
    const find = () => recordMessages(() => search.nearest("input", query, 3, [5]));
    const { results } = await find();
    await expect(search.blend({ terms: [], strategy: "blend" }, 3, [])).rejects.toThrow(TypeError);
    const after = await find();
    expect(after.results).toEqual(results);
    expect(after.messages.length).toBeGreaterThan(0);
  });

  it("update the estimated cost by the passes of threads", async () => {
    const model = await modelOf(hs);
    const search = await searchOf(model, { threads: 1 });
    await search.ready();
    const before = search.plan.milliseconds;
    const query = similarityQuery(model, [{ row: 0, weight: 1 }]);
    await Promise.all(Array.from({ length: 30 }, () => search.nearest("input", query, 3, [])));
    expect(search.plan.milliseconds).toBeGreaterThan(0);
    expect(search.plan.milliseconds).not.toBe(before);
  });

  it("are found after the search is closed, and for pending queries", async () => {
    const model = await modelOf(hs);
    const search = await searchOf(model, { threads: 1 });
    const query = similarityQuery(model, [{ row: 0, weight: 1 }]);
    const before = Array.from({ length: 30 }, () => search.nearest("input", query, 3, []));
    await Promise.all([search.close(), search.close()]);
    const after = await search.nearest("input", query, 3, []);
    for (const result of await Promise.all(before)) expect(result).toEqual(after);
  });

  it("are all songs for a larger k, without those of a mask", async () => {
    const search = await searchOf(await modelOf(hs));
    const query = contextQuery(search.model, [{ row: 5, weight: 1 }]);
    expect((await search.nearest("output", query, 1000, [1])).rows).toHaveLength(songs - 1);
    expect((await search.nearest("output", query, 100_000, [1])).rows).toHaveLength(songs - 1);
    const bits = new Uint8Array(Math.ceil(songs / 8)).fill(0b11111110);
    expect((await search.nearest("output", query, 1000, { bits })).rows.every((row) => row % 8 === 0)).toBe(true);
    expect((await search.nearest("output", query, 1000, [])).rows).toHaveLength(songs);
  });

  it("have the scores of a full scan", async () => {
    const search = await searchOf(await modelOf(hs));
    for (const matrix of matrices) {
      const query = queries[matrix](search.model, [{ row: 5, weight: 1 }]);
      for (const count of [1, 90, 600, songs]) {
        const rows = Uint32Array.from({ length: count }, (_unused, i) => songs - 1 - i);
        const found = search.scoresOf(matrix, query, rows);
        const all = search.scores(matrix, query);
        const tolerance = hs && matrix === "output" && count > 512 ? 0.2 : 1e-4;
        for (const [i, score] of found.entries())
          expect(Math.abs(score - (all[rows[i] ?? 0] ?? 0))).toBeLessThan(tolerance);
      }
    }
  });

  it("are nearly the same with int8 vectors only", async () => {
    const [exact, int8] = [await searchOf(await modelOf(hs)), await searchOf(await modelOf(hs, false))];
    expect(int8.model.input).toBeNull();
    let same = 0;
    for (let row = 0; row < 100; row++) {
      for (const matrix of matrices) {
        const query = queries[matrix](int8.model, [
          { row, weight: 1 },
          { row: row + 9, weight: -0.5 },
        ]);
        const exactQuery = queries[matrix](exact.model, [
          { row, weight: 1 },
          { row: row + 9, weight: -0.5 },
        ]);
        expect(query.every((value, i) => Math.abs(value - (exactQuery[i] ?? Number.NaN)) < 0.02)).toBe(true);
        const expected = (await exact.nearest(matrix, query, 10, [])).rows;
        same += (await int8.nearest(matrix, query, 10, [])).rows.filter((found) => expected.includes(found)).length;
      }
    }
    expect(same / 2000).toBeGreaterThan(0.9);
  });
});
