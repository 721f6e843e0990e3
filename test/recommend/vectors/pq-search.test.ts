import { describe, expect, it, vi } from "vitest";
import type { Model } from "../../../src/model/model.ts";
import { contextQuery, similarityQuery } from "../../../src/recommend/vectors/mean.ts";
import { maxNearest } from "../../../src/recommend/vectors/vector-ranker.ts";
import { hasPqCodes, scanForCandidates } from "../../../src/recommend/vectors/int8-scan.ts";
import { compileScan, type ScanKernel } from "../../../src/recommend/vectors/scan.ts";
import { topK } from "../../../src/recommend/vectors/top-k.ts";
import { createVectorSearch, type VectorSearch } from "../../../src/recommend/vectors/vector-search.ts";
import { createRandom } from "../../../src/word2vec/random.ts";
import { loadedModel, publishedModel, type SmallModel } from "../../model/small-models.ts";
import { kernels } from "./kernels.ts";
import { loadVersion } from "../../../src/model/loading/load.ts";

const songs = 16_391;
const vectorSize = 96;
const queries = { input: similarityQuery, output: contextQuery };
const searchOf = async (model: Model, kernel: ScanKernel = "relaxed") =>
  createVectorSearch(model, (await compileScan(kernel)).bind(model.memory));

/** Songs in clusters. Output vectors share a large component; some vectors are duplicates or zero. */
function vectors(common: number): number[][] {
  const random = createRandom(common, 5, 6);
  const value = () => 2 * random() - 1;
  const shared = Array.from({ length: vectorSize }, () => common * value());
  const centres = Array.from({ length: 500 }, () => Array.from({ length: vectorSize }, value));
  return Array.from({ length: songs }, (_, row) =>
    (centres[row % centres.length] ?? []).map((centre, i) =>
      row % 1000 === 3 ? 0 : (shared[i] ?? 0) + centre + (row % 11 === 5 ? 0 : value()),
    ),
  );
}

describe("a large catalogue", () => {
  let loading: Promise<Model> | undefined;
  const load = () => (loading ??= loadedModel(content(), { thread: false }));
  const content = (): SmallModel => ({
    songs: Array.from({ length: songs }, (_, row) => ({ id: `${row}`, count: songs - row })),
    input: vectors(0),
    output: vectors(3),
  });

  const exact = (
    search: VectorSearch,
    matrix: "input" | "output",
    query: Float32Array,
    k: number,
    excluded: ReadonlySet<number>,
  ) => [...topK(search.scores(matrix, query), k, excluded)];

  it.each(kernels)(
    "has PQ codes, and a search by them returns the songs of an exact scan, by the %s kernel",
    async (kernel) => {
      const model = await load();
      const search = await searchOf(model, kernel);
      for (const matrix of ["input", "output"] as const) {
        expect(hasPqCodes(model.quantised[matrix])).toBe(true);
        for (let index = 0; index < 12; index++) {
          const terms = Array.from({ length: 1 + (index % 3) * 4 }, (_, i) => ({
            row: (index * 1371 + i * 7919) % songs,
            weight: 1,
          }));
          const query = queries[matrix](model, terms);
          const excluded = new Set(terms.map(({ row }) => row));
          for (const k of [10, 100])
            expect([...search.nearest(matrix, query, k, excluded).rows]).toEqual(
              exact(search, matrix, query, k, excluded),
            );
          const bits = Uint8Array.from({ length: Math.ceil(songs / 8) }, (_, i) => (i % 50 === 7 ? 0b1111_1011 : 255));
          const out = new Set(
            Array.from({ length: songs }, (_, row) => row).filter(
              (row) => (((bits[row >> 3] ?? 0) >> (row & 7)) & 1) === 1,
            ),
          );
          expect([...search.nearest(matrix, query, 10, { bits }).rows]).toEqual(exact(search, matrix, query, 10, out));
        }
      }
    },
  );

  it("has few rows scored by int8 vectors", async () => {
    const model = await load();
    const [, slot = model.slots[0]] = model.slots;
    const kernel = (await compileScan("relaxed")).bind(model.memory);
    for (const matrix of ["input", "output"] as const) {
      slot.query.set(queries[matrix](model, [{ row: 17, weight: 1 }]));
      expect(scanForCandidates(model, kernel, matrix, [{ slot, k: 10, oversampling: 120 }])).toEqual([
        expect.any(Number),
      ]);
      expect(slot.progress[1]).toBeLessThan(songs / 4);
    }
  });

  it("is searched without PQ codes until they are complete, with the same results", async () => {
    const { versions } = await publishedModel(content());
    const model = await loadVersion(versions, 1, { thread: true });
    const search = await searchOf(model);
    const query = similarityQuery(model, [{ row: 4711, weight: 1 }]);
    const expected = exact(search, "input", query, 10, new Set());
    expect([...search.nearest("input", query, 10, []).rows]).toEqual(expected);
    await vi.waitFor(
      () => expect([hasPqCodes(model.quantised.input), hasPqCodes(model.quantised.output)]).toEqual([true, true]),
      { timeout: 20_000 },
    );
    expect([...search.nearest("input", query, 10, []).rows]).toEqual(expected);
  });

  it("returns the largest number of songs, and writes nothing beyond the heap", async () => {
    const model = await load();
    const [slot] = model.slots;
    const search = await searchOf(model);
    slot.scores.fill(7);
    expect(search.nearest("input", similarityQuery(model, [{ row: 9, weight: 1 }]), maxNearest, []).rows).toHaveLength(
      maxNearest,
    );
    expect(slot.scores.every((score) => score === 7)).toBe(true);
  });

  it("returns results for a zero query, and up to all songs", async () => {
    const model = await load();
    const search = await searchOf(model);
    const zeros = search.nearest("input", new Float32Array(vectorSize), 5, []);
    expect([...zeros.scores]).toEqual([0, 0, 0, 0, 0]);
    const all = search.nearest("input", similarityQuery(model, [{ row: 1, weight: 1 }]), songs, []);
    expect(new Set(all.rows).size).toBe(songs);
    const query = similarityQuery(model, [{ row: 40, weight: 1 }]);
    expect([...search.nearest("input", query, 16_000, []).rows]).toEqual(
      exact(search, "input", query, 16_000, new Set()),
    );
  });
});
