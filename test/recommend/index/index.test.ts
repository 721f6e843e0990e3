import { loadVersion } from "../../../src/model/loading/load.ts";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createRandom } from "../../../src/word2vec/random.ts";
import type { LoadOptions } from "../../../src/model/loading/load.ts";
import { addIndex, writeModel } from "../../../src/model/format/write-model.ts";
import { indexFile } from "../../../src/model/format/manifest.ts";
import { indexVersion } from "../../../src/recommend/index/index-version.ts";
import { setBit } from "../../../src/recommend/catalogue/mask.ts";
import { similarityQuery } from "../../../src/recommend/vectors/mean.ts";
import { loadScan } from "../../../src/recommend/vectors/scan.ts";
import { createSearch, type Search } from "../../../src/recommend/pool/search.ts";
import { topK } from "../../../src/recommend/vectors/top-k.ts";
import { contentOf, publishWith, type SmallModel } from "../../model/small-models.ts";
import { usesThread } from "../pool/posted-messages.ts";

const songs = 3000;
const vectorSize = 24;

const publishIndexed = (model: SmallModel, threads: number) =>
  publishWith(async (staging) => indexVersion(staging, await writeModel(staging, contentOf(model)), threads));

/** A version with songs in clusters of 50, indexed by `threads` threads. */
async function indexed(threads = 1) {
  const random = createRandom(3);
  const value = () => 2 * random() - 1;
  const centres = Array.from({ length: songs / 50 }, () => Array.from({ length: vectorSize }, value));
  const input = Array.from({ length: songs }, (_, row) =>
    (centres[row % centres.length] ?? []).map((centre) => centre + value() / 2),
  );
  const {
    versions,
    folder,
    written: manifest,
  } = await publishIndexed(
    {
      songs: Array.from({ length: songs }, (_, row) => ({ id: `${row}`, count: songs - row })),
      input,
      output: null,
    },
    threads,
  );

  async function open(options: LoadOptions, searchThreads = 0): Promise<Search> {
    const search = createSearch(await loadVersion(versions, 1, options), await loadScan(), { threads: searchThreads });
    onTestFinished(() => search.close());
    return search;
  }

  return { folder: join(folder, "1"), manifest, open };
}

function exactNearest(search: Search, query: Float32Array, k: number, isExcluded: (row: number) => boolean): number[] {
  return [...topK(search.scores("input", query), k, { has: isExcluded })];
}

const queryOf = (search: Search, row: number) => similarityQuery(search.model, [{ row, weight: 1 }]);
const shared = (a: ArrayLike<number>, b: readonly number[]) => Array.from(a).filter((row) => b.includes(row)).length;

describe("an index", () => {
  it("has a recall@10 above 95 %, as in its manifest, with exact scores", async () => {
    const { manifest, open } = await indexed();
    expect(manifest.index).toMatchObject({ kind: "hnsw", m: 16, efConstruction: 100 });
    expect(manifest.index?.recallAt10).toBeGreaterThan(0.95);
    for (const exact of [true, false]) {
      const search = await open({ index: "auto", exact });
      expect(search.plan.index).toBe("hnsw");
      let found = 0;
      for (let row = 0; row < 300; row++) {
        const query = queryOf(search, row);
        const nearest = await search.nearest("input", query, 10, [row]);
        found += shared(
          nearest.rows,
          exactNearest(search, query, 10, (other) => other === row),
        );
        const scores = search.scores("input", query);
        for (const [i, other] of nearest.rows.entries())
          expect(Math.abs((nearest.scores[i] ?? 0) - (scores[other] ?? 0))).toBeLessThan(1e-6);
        expect([...nearest.scores]).toEqual([...nearest.scores].toSorted((a, b) => b - a));
      }
      expect(found / 3000).toBeGreaterThan(0.95);
    }
  });

  it("is deterministic for any number of threads", async () => {
    const [one, again, three] = [await indexed(), await indexed(), await indexed(3)];
    const bytes = await readFile(join(one.folder, indexFile));
    expect(bytes.equals(await readFile(join(again.folder, indexFile)))).toBe(true);
    expect(bytes.equals(await readFile(join(three.folder, indexFile)))).toBe(true);
  });

  it("excludes songs, and finds the next ones", async () => {
    const search = await (await indexed()).open({ index: "auto" });
    let found = 0;
    for (let row = 0; row < 100; row++) {
      const query = queryOf(search, row);
      const excluded = new Set([row, ...exactNearest(search, query, 20, () => false)]);
      const { rows } = await search.nearest("input", query, 10, excluded);
      expect(rows).toHaveLength(10);
      expect(rows.every((other) => !excluded.has(other))).toBe(true);
      found += shared(
        rows,
        exactNearest(search, query, 10, (other) => excluded.has(other)),
      );
    }
    expect(found / 1000).toBeGreaterThan(0.95);
  });

  it("is not used for masks, many results and many exclusions, whose results are exact", async () => {
    const search = await (await indexed()).open({ index: "auto" });
    const bits = new Uint8Array(Math.ceil(songs / 8));
    for (let row = 0; row < songs; row++) if (row % 100 > 0) setBit(bits, row);
    const many = new Set(Array.from({ length: 1000 }, (_, row) => 2 * row));
    for (let row = 1; row < 60; row += 7) {
      const query = queryOf(search, row);
      expect([...(await search.nearest("input", query, 10, { bits })).rows]).toEqual(
        exactNearest(search, query, 10, (other) => other % 100 > 0),
      );
      expect([...(await search.nearest("input", query, 10, many)).rows]).toEqual(
        exactNearest(search, query, 10, (other) => many.has(other)),
      );
      expect([...(await search.nearest("input", query, 600, [])).rows]).toEqual(
        exactNearest(search, query, 600, () => false),
      );
    }
  });

  it("is searched on the calling thread; only scans use search threads", async () => {
    const search = await (await indexed()).open({ index: "auto" }, 1);
    const bits = new Uint8Array(Math.ceil(songs / 8));
    const many = Array.from({ length: 1000 }, (_, row) => 2 * row);
    const query = queryOf(search, 1);
    expect([
      await usesThread(search, "input", query, 10, [1]),
      await usesThread(search, "input", query, 10, { bits }),
      await usesThread(search, "input", query, 10, many),
      await usesThread(search, "input", query, 600, []),
    ]).toEqual([false, true, true, true]);
  });

  it("gives the result of a scan for a zero query", async () => {
    const { open } = await indexed();
    const [search, scan] = [await open({ index: "auto" }), await open({ index: "scan" })];
    const nothing = new Float32Array(search.model.stride);
    expect(await search.nearest("input", nothing, 10, [])).toEqual(await scan.nearest("input", nothing, 10, []));
  });

  it("is not loaded if scans are set", async () => {
    const search = await (await indexed()).open({ index: "scan" });
    expect(search.model.graph).toBeNull();
    expect(search.plan.index).toBeNull();
    for (let row = 0; row < 100; row++) {
      const query = queryOf(search, row);
      expect([...(await search.nearest("input", query, 10, [row])).rows]).toEqual(
        exactNearest(search, query, 10, (other) => other === row),
      );
    }
  });

  it("with a low recall is used only if set", async () => {
    const { folder, manifest, open } = await indexed();
    const { graph } = (await open({ index: "auto" })).model;
    if (!graph || !manifest.index) throw new Error("no index");
    await rm(join(folder, indexFile));
    await addIndex(folder, manifest, graph, { ...manifest.index, recallAt10: 0.94 });
    expect((await open({ index: "auto" })).model.graph).toBeNull();
    expect((await open({ index: "hnsw" })).model.graph).not.toBeNull();
  });

  it.each([1, 2, 15, 16, 17, 40])("of %d songs finds all songs", async (count) => {
    const random = createRandom(5);
    const input = Array.from({ length: count }, () => [2 * random() - 1, 2 * random() - 1, 2 * random() - 1]);
    const { versions } = await publishIndexed({ songs: input.map((_, row) => ({ id: `${row}`, count: 1 })), input }, 1);
    const search = createSearch(await loadVersion(versions, 1, { index: "hnsw" }), await loadScan(), { threads: 0 });
    const query = queryOf(search, 0);
    expect([...(await search.nearest("input", query, 100, [])).rows]).toEqual(
      exactNearest(search, query, 100, () => false),
    );
  });
});
