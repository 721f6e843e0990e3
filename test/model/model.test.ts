import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { writeModel } from "../../src/model/format/write-model.ts";
import { encodeWithChecksum } from "../../src/model/format/checksummed-json.ts";
import { runs } from "../helpers/fault-form.ts";
import {
  anyText,
  contentOf,
  fourSongs,
  loadedModel,
  publishedModel,
  type SmallModel,
  temporaryFolder,
  nextSongsOf,
} from "./small-models.ts";
import { loadVersion } from "../../src/model/loading/load.ts";

/** The values of a row, and whether its padding is zero. */
function rowOf(matrix: Float32Array | null, row: number, stride: number, vectorSize: number) {
  const values = matrix?.subarray(row * stride, (row + 1) * stride) ?? new Float32Array();
  return {
    values: [...values.subarray(0, vectorSize)],
    padded: values.subarray(vectorSize).every((value) => value === 0),
  };
}

describe("a loaded model", () => {
  it("has the songs, vectors and manifest that were written", async () => {
    const model = await loadedModel();
    expect([...model.songs]).toEqual(fourSongs.songs);
    expect(["a", "b", "c", "d"].map((id) => model.rows.get(id))).toEqual([0, 1, 2, 3]);
    expect([...model.counts]).toEqual([40, 30, 20, 10]);
    expect(model.songs.at(1)).toEqual({ id: "b", count: 30, title: "Beta" });
    expect(model.songs.at(4)).toBeUndefined();
    expect([0, 1, 2, 3].map((row) => rowOf(model.input, row, model.stride, 2))).toEqual(
      fourSongs.input.map((values) => ({ values: values.map(Math.fround), padded: true })),
    );
    expect([0, 1, 2, 3].map((row) => rowOf(model.output, row, model.stride, 2).values)).toEqual(fourSongs.output);
    expect(model.manifest).toMatchObject({
      songs: 4,
      outputVectors: true,
      index: null,
      ...contentOf(fourSongs).manifest,
    });
    expect(model).toMatchObject({ version: 1, vectorSize: 2, stride: 16 });
  });

  it("may come from a release without validation metrics in the manifest", async () => {
    const { versions, folder } = await publishedModel();
    const {
      checksum: _,
      validationByEpoch: _figures,
      bestEpoch: _best,
      warmStart: _start,
      predictedMemoryMB: _predicted,
      peakMemoryMB: _peak,
      index: _index,
      ...older
    } = JSON.parse(await readFile(join(folder, "1/model.json"), "utf8"));
    await writeFile(
      join(folder, "1/model.json"),
      encodeWithChecksum({ ...older, hyperparameters: { vectorSize: 2, formerOption: true } }),
    );
    const { manifest } = await loadVersion(versions, 1);
    expect(manifest).toMatchObject({
      lossByEpoch: [2.5, 1.25],
      validationByEpoch: [],
      bestEpoch: null,
      warmStart: null,
      peakMemoryMB: null,
      index: null,
      hyperparameters: { formerOption: true },
    });
    expect(await versions.list()).toMatchObject([{ version: 1, manifest: { bestEpoch: null } }]);
  });

  it("may have no output vectors, and allocates no memory for them", async () => {
    const { versions, folder } = await publishedModel({ ...fourSongs, output: null });
    const model = await loadVersion(versions, 1);
    expect(model.output).toHaveLength(0);
    expect(rowOf(model.input, 1, model.stride, 2).values).toEqual([0.6, 0.8].map(Math.fround));
    const { checksum: _, ...manifest } = JSON.parse(await readFile(join(folder, "1/model.json"), "utf8"));
    await writeFile(join(folder, "1/model.json"), encodeWithChecksum({ ...manifest, outputVectors: true }));
    await expect(loadVersion(versions, 1)).rejects.toMatchObject({
      code: "MODEL_DAMAGED",
      params: { file: "models/1/vectors.safetensors" },
    });
  });

  it("is in one shared WebAssembly memory, every array aligned to a cache line", async () => {
    const { memory, input, output, quantised, inverseNorms, parentBranches, slots } = await loadedModel({
      ...fourSongs,
      nextSongs: nextSongsOf(4, 16),
    });
    expect(memory.buffer).toBeInstanceOf(SharedArrayBuffer);
    const views = [
      input,
      output,
      inverseNorms,
      parentBranches,
      ...Object.values(quantised).flatMap(({ values, factors, sums }) => [values, factors, sums]),
      quantised.nextSongs.inverseNorms,
      quantised.nextSongs.positions,
      ...slots.flatMap(({ nextSongQuery, ...slot }) => [...Object.values(slot), ...Object.values(nextSongQuery)]),
    ];
    for (const view of views) {
      expect(view?.buffer).toBe(memory.buffer);
      expect((view?.byteOffset ?? 1) % 64).toBe(0);
    }
  });

  it("has 1 / length of each input vector, and 0 for a zero vector", async () => {
    const songs = ["a", "b", "c"].map((id) => ({ id, count: 1 }));
    const { inverseNorms } = await loadedModel({
      songs,
      input: [
        [3, 4],
        [0, 0],
        [1e-30, 0],
      ],
    });
    expect([...inverseNorms]).toEqual([Math.fround(0.2), 0, 0]);
  });

  it("may come from a release without catalogue columns", async () => {
    const { versions, folder } = await publishedModel();
    const {
      checksum: _,
      columns: _unknown,
      ...manifest
    } = JSON.parse(await readFile(join(folder, "1/model.json"), "utf8"));
    await writeFile(join(folder, "1/model.json"), encodeWithChecksum(manifest));
    const model = await loadVersion(versions, 1);
    expect(model.manifest.columns).toEqual([]);
    expect([...model.songs]).toEqual(fourSongs.songs);
  });

  it("accepts any text as id, title, artist or column, and any vector size", async () => {
    const ids = fc.uniqueArray(anyText, { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(ids, anyText, fc.integer({ min: 1, max: 40 }), async (list, name, vectorSize) => {
        const songs = list.map((id, row) => ({
          id,
          count: list.length - row,
          ...(row % 2 === 0 && { title: name }),
          ...(row % 3 === 0 && { artist: name }),
          ...(row % 5 === 0 && { columns: Object.fromEntries([[name, id]]) }),
        }));
        const input = list.map((_, row) => Array.from({ length: vectorSize }, (_unused, i) => row - i));
        const model = await loadedModel({ songs, input });
        expect([...model.songs]).toEqual(songs);
        expect(model.manifest.columns).toEqual([name]);
        expect(list.map((id) => model.rows.get(id))).toEqual(list.map((_, row) => row));
        expect(list.map((_, row) => rowOf(model.output, row, model.stride, vectorSize))).toEqual(
          input.map((values) => ({ values, padded: true })),
        );
      }),
      { numRuns: runs(40) },
    );
  });

  it("yields to the event loop while it is loaded without a thread", async () => {
    const songs = Array.from({ length: 50_000 }, (_, i) => ({ id: `${i}`, count: 1 }));
    const { versions } = await publishedModel({ songs, input: songs.map(() => [1]) });
    let iterations = 0;
    let immediate = setImmediate(function iterate() {
      iterations += 1;
      immediate = setImmediate(iterate);
    });
    await loadVersion(versions, 1, { thread: false });
    clearImmediate(immediate);
    expect(iterations).toBeGreaterThan(10);
  });

  it.each([false, true])("can be aborted; in a thread: %s", async (thread) => {
    const { versions } = await publishedModel();
    const controller = new AbortController();
    const loading = loadVersion(versions, 1, { thread, signal: controller.signal });
    controller.abort(new Error("no longer wanted"));
    await expect(loading).rejects.toThrow("no longer wanted");
  });
});

describe("writing a model", () => {
  it("rejects matrices that do not match the songs", async () => {
    const content = contentOf(fourSongs);
    const attempts = [
      { ...content, songs: fourSongs.songs.slice(1) },
      { ...content, input: new Float32Array(16) },
      { ...content, stride: 1 },
    ];
    for (const attempt of attempts)
      await expect(writeModel(await temporaryFolder(), attempt)).rejects.toThrow(RangeError);
  });

  it("never overwrites a model", async () => {
    const { folder } = await publishedModel();
    await expect(writeModel(join(folder, "1"), contentOf(fourSongs))).rejects.toMatchObject({ code: "EEXIST" });
  });
});

describe("a model is rejected, with the file named, if it has", () => {
  const invalidModels: [string, string, SmallModel][] = [
    [
      "NaN in an input vector",
      "vectors.safetensors",
      {
        ...fourSongs,
        input: [
          [1, 0],
          [0, Number.NaN],
          [0, 1],
          [1, 1],
        ],
      },
    ],
    [
      "infinity in an output vector",
      "vectors.safetensors",
      {
        ...fourSongs,
        output: [
          [1, 0],
          [0, 1],
          [0, -Infinity],
          [1, 1],
        ],
      },
    ],
    [
      "a vector so long that scores overflow",
      "vectors.safetensors",
      {
        ...fourSongs,
        input: [
          [1, 0],
          [3e38, 3e38],
          [0, 1],
          [1, 1],
        ],
      },
    ],
    ["a duplicate id", "songs.jsonl", { ...fourSongs, songs: ["a", "b", "a", "d"].map((id) => ({ id, count: 1 })) }],
    ["an empty id", "songs.jsonl", { ...fourSongs, songs: ["a", "b", "", "d"].map((id) => ({ id, count: 1 })) }],
    [
      "songs that are not in descending order of plays",
      "songs.jsonl",
      { ...fourSongs, songs: ["a", "b", "c", "d"].map((id, count) => ({ id, count })) },
    ],
    [
      "a column that is not text",
      "songs.jsonl",
      {
        ...fourSongs,
        songs: [
          { id: "a", count: 1, columns: JSON.parse('{"year": 1999}') },
          ...["b", "c", "d"].map((id) => ({ id, count: 1 })),
        ],
      },
    ],
    [
      "a fractional number of plays",
      "songs.jsonl",
      { ...fourSongs, songs: ["a", "b", "c", "d"].map((id) => ({ id, count: 0.5 })) },
    ],
  ];

  it.each(invalidModels)("%s", async (_, file, model) => {
    const { versions } = await publishedModel(model);
    await expect(loadVersion(versions, 1)).rejects.toMatchObject({
      code: "MODEL_DAMAGED",
      params: { file: `models/1/${file}` },
    });
  });

  it("a manifest of another format version", async () => {
    const { versions, folder } = await publishedModel();
    const { checksum: _, ...manifest } = JSON.parse(await readFile(join(folder, "1/model.json"), "utf8"));
    await writeFile(join(folder, "1/model.json"), encodeWithChecksum({ ...manifest, formatVersion: 2 }));
    await expect(loadVersion(versions, 1)).rejects.toMatchObject({
      code: "MODEL_DAMAGED",
      params: { file: "models/1/model.json" },
    });
  });

  it("a manifest with other sizes than its files", async () => {
    const { versions, folder } = await publishedModel();
    const { checksum: _, ...manifest } = JSON.parse(await readFile(join(folder, "1/model.json"), "utf8"));
    const claims: [string, object][] = [
      ["songs.jsonl", { songs: 3 }],
      ["songs.jsonl", { songs: 1e15 }],
      ["vectors.safetensors", { vectorSize: 4 }],
      ["model.json", { vectorSize: 1e9 }],
    ];
    for (const [file, claim] of claims) {
      await writeFile(join(folder, "1/model.json"), encodeWithChecksum({ ...manifest, ...claim }));
      await expect(loadVersion(versions, 1)).rejects.toMatchObject({
        code: "MODEL_DAMAGED",
        params: { file: `models/1/${file}` },
      });
    }
  });
});
