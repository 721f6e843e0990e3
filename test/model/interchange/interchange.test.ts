import { loadVersion } from "../../../src/model/loading/load.ts";
import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSongId } from "../../../src/corpus/song-ids.ts";
import { exportModel } from "../../../src/model/interchange/export.ts";
import { importSafetensors } from "../../../src/model/interchange/import-safetensors.ts";
import { importWord2vec, type Word2vecImport } from "../../../src/model/interchange/import-word2vec.ts";
import { addNextSongs, completeModel, writeModel } from "../../../src/model/format/write-model.ts";
import type { Model } from "../../../src/model/model.ts";
import { createRecommender } from "../../../src/recommend/query/recommender.ts";
import { runs } from "../../helpers/fault-form.ts";
import { exportToBuffer, fileOf } from "./exports.ts";
import {
  anyText,
  contentOf,
  fourSongs,
  loadedModel,
  publishWith,
  publishedModel,
  type SmallModel,
  temporaryFolder,
  nextSongsOf,
} from "../small-models.ts";

const importing = (options: Omit<Word2vecImport, "ids" | "songIds" | "importedBy"> & Partial<Word2vecImport>) =>
  publishWith((staging) =>
    importWord2vec(staging, { ids: "escaped", songIds: "text", importedBy: "a test", ...options }),
  );

const idsOf = ({ songs }: Model) => [...songs].map(({ id }) => id);
const valuesOf = ({ songs, stride, vectorSize }: Model, matrix: Float32Array | null) =>
  Array.from({ length: songs.length }, (_, row) => [
    ...(matrix?.subarray(row * stride, row * stride + vectorSize) ?? []),
  ]);

const float = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e9), max: Math.fround(1e9) }),
  fc.constantFrom(0, 1e-45, 1e17, -1e17, 1 / 3),
);
/** Any ids, plays, titles and finite vectors. */
const anyModel = fc
  .tuple(
    fc.uniqueArray(
      anyText.filter((id) => readSongId(id, "text") !== undefined),
      { minLength: 1, maxLength: 12 },
    ),
    fc.integer({ min: 1, max: 20 }),
  )
  .chain(([ids, vectorSize]) => {
    const vectors = fc.array(
      fc.array(
        float.map((value) => Math.fround(value) + 0),
        { minLength: vectorSize, maxLength: vectorSize },
      ),
      { minLength: ids.length, maxLength: ids.length },
    );
    return fc
      .record({ input: vectors, output: vectors, title: anyText })
      .map(({ input, output, title }): SmallModel => ({
        songs: ids.map((id, row) => ({ id, count: 3 * (ids.length - row), ...(row % 2 === 0 && { title }) })),
        input,
        output,
      }));
  });

describe.each(["word2vec-binary", "word2vec-text"] as const)("a model exported as %s", (format) => {
  it("is imported unchanged: ids, plays, input and output vectors", async () => {
    await fc.assert(
      fc.asyncProperty(anyModel, fc.integer({ min: 1, max: 99 }), async (model, pieceBytes) => {
        const { versions } = await publishedModel(model);
        const [vectors, outputs, counts] = [
          fileOf(await exportToBuffer(versions, { format }), "vectors", pieceBytes),
          fileOf(await exportToBuffer(versions, { format, vectors: "output" }), "outputs", pieceBytes),
          fileOf(await exportToBuffer(versions, { format: "word2vec-vocabulary" }), "counts", pieceBytes),
        ];
        const imported = await importing({ vectors, outputs, counts, format });
        const loaded = await loadVersion(imported.versions, 1);
        expect([...loaded.songs]).toEqual(model.songs.map(({ id, count }) => ({ id, count })));
        expect(valuesOf(loaded, loaded.input)).toEqual(model.input);
        expect(valuesOf(loaded, loaded.output)).toEqual(model.output);
        expect(imported.written).toMatchObject({
          format,
          songs: model.songs.length,
          outputVectors: true,
          songsWithoutCount: 0,
        });
      }),
      { numRuns: runs(60) },
    );
  });

  it("is detected by its content", async () => {
    const { versions } = await publishedModel();
    const { written } = await importing({ vectors: fileOf(await exportToBuffer(versions, { format })) });
    expect(written).toEqual({
      format,
      songs: 4,
      plays: 0,
      vectorSize: 2,
      outputVectors: false,
      songsWithoutCount: null,
      leftOut: {},
    });
  });

  it("has at most `limit` songs, the most played first", async () => {
    const { versions } = await publishedModel();
    const limited = await importing({ vectors: fileOf(await exportToBuffer(versions, { format, limit: 3 })) });
    expect(idsOf(await loadVersion(limited.versions, 1))).toEqual(["a", "b", "c"]);
  });

  it("is streamed", async () => {
    const songs = Array.from({ length: 3000 }, (_, row) => ({ id: `song ${row}`, count: 5000 - row }));
    const model: SmallModel = {
      songs,
      input: songs.map((_, row) => Array.from({ length: 100 }, (_unused, d) => row + d / 128)),
    };
    const { versions } = await publishedModel(model);
    const imported = await importing({
      vectors: fileOf(await exportToBuffer(versions, { format })),
      counts: fileOf(
        songs
          .toReversed()
          .map(({ id }, row) => `${id} ${row}`)
          .join("\n"),
      ),
      ids: "escaped",
    });
    const loaded = await loadVersion(imported.versions, 1);
    expect([...loaded.songs].slice(0, 2)).toEqual([
      { id: "song 0", count: 2999 },
      { id: "song 1", count: 2998 },
    ]);
    expect(valuesOf(loaded, loaded.input)).toEqual(model.input);
  });
});

describe("a model exported as safetensors", () => {
  it("is imported unchanged, with titles and manifest", async () => {
    await fc.assert(
      fc.asyncProperty(anyModel, fc.boolean(), async (model, outputs) => {
        const { versions } = await publishedModel(outputs ? model : { ...model, output: null });
        const path = join(await temporaryFolder(), "model.safetensors");
        await writeFile(path, await exportToBuffer(versions, { format: "safetensors" }));
        const imported = await publishWith((staging) => importSafetensors(staging, path));
        const [before, after] = [await loadVersion(versions, 1), await loadVersion(imported.versions, 1)];
        expect(after.manifest).toEqual(before.manifest);
        expect([...after.songs]).toEqual(model.songs);
        expect([after.input, after.output]).toEqual([before.input, before.output]);
      }),
      { numRuns: runs(40) },
    );
  });

  it("gives equal recommendations after import: it contains playlists, co-occurring songs, next-song vectors and blend", async () => {
    const { versions } = await publishedModel();
    const staging = await versions.createStaging();
    const written = await addNextSongs(staging, await writeModel(staging, contentOf(fourSongs)), nextSongsOf(4, 16));
    await completeModel(staging, written, {
      playlists: {
        offsets: Uint32Array.of(0, 3, 5),
        rows: Uint32Array.of(0, 1, 2, 3, 1),
        held: Uint32Array.of(1, 0),
        keys: Uint32Array.of(77, 99),
      },
      cooccurrence: {
        offsets: Uint32Array.of(0, 1, 2, 2, 3),
        rows: Uint32Array.of(1, 3, 2),
        near: Float32Array.of(1.5, 0.25, 3),
        next: Float32Array.of(0, 0.125, 1),
      },
      blend: { weights: { neighboursAny: 1, companions: 0.5, popularity: -0.25 } },
      evaluation: null,
      peakMemoryMB: 9,
    });
    await versions.publish(staging);
    const path = join(await temporaryFolder(), "model.safetensors");
    const valid = await exportToBuffer(versions, { format: "safetensors" }, 2);
    await writeFile(path, valid);
    const imported = await publishWith((folder) => importSafetensors(folder, path));
    const [before, after] = [await loadVersion(versions, 2), await loadVersion(imported.versions, 1)];
    expect(after.manifest).toEqual(before.manifest);
    expect([after.playlists, after.cooccurrence]).toEqual([before.playlists, before.cooccurrence]);
    expect(after.quantised.nextSongs).toEqual(before.quantised.nextSongs);
    expect(after.quantised.nextSongs.positions).toEqual(nextSongsOf(4, 16).positions);
    expect(after.cooccurrence?.near).toEqual(Float32Array.of(1.5, 0.25, 3));
    const answers = [before, after].map(async (model) => {
      const recommender = await createRecommender({ ...model, version: 1 }, 0);
      return recommender.recommend({ songs: [{ songId: "a", weight: 1 }], strategy: "blend", limit: 9 });
    });
    expect((await answers[0])?.items).toHaveLength(3);
    expect(await answers[1]).toEqual(await answers[0]);

    const littleEndian = (value: number) => Buffer.from(Float32Array.of(0.5, value).buffer).toString("latin1");
    for (const [from, to] of [
      ["playlists.held", "playlists.hold"],
      ["companions.near", "companions.mean"],
      ["nextSongs.vectors", "nextSongs.victors"],
      ['"positions\\":3', '"positions\\":2'],
      [littleEndian(-0.25), littleEndian(Number.NaN)],
    ] as const) {
      await writeFile(path, valid.toString("latin1").replace(from, to), "latin1");
      await expect(
        publishWith((folder) => importSafetensors(folder, path)),
        to,
      ).rejects.toMatchObject({ code: "MODEL_DAMAGED", params: { file: path } });
    }
  });

  it("is rejected if it is truncated, or has invalid songs, header or values", async () => {
    const { versions } = await publishedModel();
    const path = join(await temporaryFolder(), "model.safetensors");
    const valid = await exportToBuffer(versions, { format: "safetensors" });
    for (let size = valid.length - 1; size >= 0; size -= 11) {
      await writeFile(path, valid.subarray(0, size));
      await expect(publishWith((staging) => importSafetensors(staging, path))).rejects.toMatchObject({
        code: "MODEL_DAMAGED",
        params: { file: path },
      });
    }
    const texts: [string, string][] = [
      ['"count":40', '"count":-4'],
      ['"id":"b"', '"id":"a"'],
      ['"count":20', '"count":99'],
      ["song2vec", "somebody"],
      ["[4,2]", "[2,4]"],
    ];
    for (const [from, to] of texts) {
      await writeFile(path, valid.toString("latin1").replace(from, to), "latin1");
      await expect(
        publishWith((staging) => importSafetensors(staging, path)),
        to,
      ).rejects.toMatchObject({ code: "MODEL_DAMAGED" });
    }
    await writeFile(path, Buffer.concat([valid.subarray(0, valid.length - 200), Buffer.alloc(200, 0xff)]));
    await expect(publishWith((staging) => importSafetensors(staging, path))).rejects.toMatchObject({
      code: "MODEL_DAMAGED",
    });
  });
});

describe("an export for the projector has", () => {
  it("one line of vectors and of metadata per song, with formulas escaped", async () => {
    const { versions } = await publishedModel({
      songs: [
        { id: "=1+1", count: 9, title: "A\tB", artist: "@home" },
        { id: "two words", count: 5 },
      ],
      input: [
        [0.5, -1],
        [1 / 3, 1e-9],
      ],
    });
    expect((await exportToBuffer(versions, { format: "projector" })).toString()).toBe(
      "0.500000000\t-1\n0.333333343\t9.99999972e-10\n",
    );
    expect((await exportToBuffer(versions, { format: "projector-metadata" })).toString()).toBe(
      "id\tcount\ttitle\tartist\n'=1+1\t9\tA%09B\t'@home\ntwo words\t5\t\t\n",
    );
    expect(
      (await exportToBuffer(versions, { format: "projector-metadata", limit: 1 })).toString().split("\n"),
    ).toHaveLength(3);
  });
});

describe("an export", () => {
  it("fails if a byte of its files has changed", async () => {
    const { versions, folder } = await publishedModel();
    const path = join(folder, "1/vectors.safetensors");
    const valid = await readFile(path);
    await writeFile(path, valid.with(valid.length - 1, 1));
    for (const format of ["word2vec-binary", "word2vec-text", "projector", "safetensors"] as const)
      await expect(exportToBuffer(versions, { format })).rejects.toMatchObject({
        code: "MODEL_DAMAGED",
        params: { file: "models/1/vectors.safetensors" },
      });
    await truncate(path, valid.length);
    const lines = join(folder, "1/songs.jsonl");
    await writeFile(lines, (await readFile(lines, "utf8")).replace("Alpha", "Alphb"));
    for (const format of ["word2vec-vocabulary", "projector-metadata"] as const)
      await expect(exportToBuffer(versions, { format })).rejects.toMatchObject({
        code: "MODEL_DAMAGED",
        params: { file: "models/1/songs.jsonl" },
      });
  });

  it("is rejected for missing output vectors, vectors of tree nodes, and a limited safetensors file", async () => {
    const { versions } = await publishedModel({ ...fourSongs, output: null });
    const { folder, manifest } = await versions.find(1);
    const impossible = expect.objectContaining({ code: "EXPORT_IMPOSSIBLE", status: 422 });
    expect(() => exportModel(folder, manifest, { format: "word2vec-text", vectors: "output" })).toThrow(impossible);
    expect(() =>
      exportModel(
        folder,
        { ...manifest, outputVectors: true, hyperparameters: { hs: true } },
        { format: "word2vec-text", vectors: "output" },
      ),
    ).toThrow(impossible);
    expect(() => exportModel(folder, manifest, { format: "safetensors", limit: 2 })).toThrow(impossible);
  });
});

describe("a word2vec file", () => {
  it("of gensim in text format may have ids with spaces, and literal escapes", async () => {
    const { versions } = await importing({ vectors: fileOf("2 2\ntwo words 1 2\r\n50%20off 3 -4e-1\n"), ids: "plain" });
    const model = await loadVersion(versions, 1);
    expect(idsOf(model)).toEqual(["two words", "50%20off"]);
    expect(valuesOf(model, model.input)).toEqual([
      [1, 2],
      [3, Math.fround(-0.4)],
    ]);
    expect(model.manifest).toMatchObject({ outputVectors: false, plays: 0, trainedBy: "a test" });
  });

  it("of the C tool may have a line end after each vector", async () => {
    const row = (id: string, value: number) =>
      Buffer.concat([Buffer.from(`${id} `), Buffer.from(Float32Array.of(value, 1).buffer), Buffer.from("\n")]);
    const { versions, written } = await importing({
      vectors: fileOf(Buffer.concat([Buffer.from("2 2\n"), row("a", 2), row("b", 3)]), "vectors", 3),
    });
    expect(written.format).toBe("word2vec-binary");
    expect((await loadVersion(versions, 1)).songs.at(1)).toEqual({ id: "b", count: 0 });
  });

  it("is sorted by plays, with songs without plays last", async () => {
    const { versions, written } = await importing({
      vectors: fileOf("3 1\na 1\nb 2\nc 3\n"),
      counts: fileOf("c 9\n\nx y 5\nb 4\n"),
      outputs: fileOf("3 1\nc 30\nb 20\na 10\n"),
      details: new Map([["b", { title: "Beta" }]]),
    });
    const model = await loadVersion(versions, 1);
    expect([...model.songs]).toEqual([
      { id: "c", count: 9 },
      { id: "b", count: 4, title: "Beta" },
      { id: "a", count: 0 },
    ]);
    expect([valuesOf(model, model.input), valuesOf(model, model.output)]).toEqual([
      [[3], [2], [1]],
      [[30], [20], [10]],
    ]);
    expect(written).toMatchObject({ plays: 13, songsWithoutCount: 1 });
  });

  it("may start with a byte order mark, and have tabs", async () => {
    const vectors = fileOf("\ufeff2 2\r\ntwo words\t1\t2\r\nb\t3\t4\r\n");
    const { versions } = await importing({ vectors, counts: fileOf("\ufeffb\t7\r\ntwo words\t5") });
    const model = await loadVersion(versions, 1);
    expect([...model.songs]).toEqual([
      { id: "b", count: 7 },
      { id: "two words", count: 5 },
    ]);
    expect(valuesOf(model, model.input)).toEqual([
      [3, 4],
      [1, 2],
    ]);
  });

  it.each(["numbers", "text"] as const)("loses tokens and missing values with SONG_IDS=%s", async (songIds) => {
    const lines = ["</s> 9", "a 1", "<UNK> 8", "nan 7", "NULL 6", "[PAD] 5", "b 2"].join("\n");
    const options = { vectors: fileOf(`7 1\n${lines}`), outputs: fileOf(`7 1\n${lines}`), counts: fileOf(lines) };
    const { versions, written } = await importing({ ...options, songIds });
    const model = await loadVersion(versions, 1);
    expect(model.manifest.songIds).toBe(songIds);
    expect([...model.songs]).toEqual([
      { id: "b", count: 2 },
      { id: "a", count: 1 },
    ]);
    expect(valuesOf(model, model.output)).toEqual([[2], [1]]);
    expect(written).toMatchObject({ songs: 2, plays: 3, songsWithoutCount: 0, leftOut: { token: 3, missing: 2 } });
  });

  it("loses up to 1 % of ids without their digits, and has others in normal form", async () => {
    const ids = Array.from({ length: 198 }, (_, i) => `00${i}.0`);
    const rows = (all: readonly string[]) => fileOf(`${all.length} 1\n${all.map((id) => `${id} 1\n`).join("")}`);
    const importAll = (more: string[], songIds: "numbers" | "text" = "numbers") =>
      importing({ vectors: rows([...ids, ...more]), songIds });
    const { versions, written } = await importAll(["1.5E+18", "12,000"]);
    expect(written.leftOut).toEqual({ lostDigits: 1, ambiguousNumber: 1 });
    expect(idsOf(await loadVersion(versions, 1))).toEqual(ids.map((_, i) => String(i)));
    expect((await importAll(["1.5E+18", "12,000", "1.6E+18", "1.7E+18"], "text")).written.leftOut).toEqual({});
    await expect(importAll(["1.5E+18", "1.6E+18", "1.7E+18"])).rejects.toThrow(
      'Cannot read vectors, line 200: 3 of 201 ids are in scientific notation and have lost digits, as "1.5E+18". ' +
        "Save the ids as text, or set SONG_IDS=text to take ids literally",
    );
    await expect(importAll(["12,000", "12.000", "13.000"])).rejects.toThrow(
      /3 of 201 ids may be numbers with a decimal/,
    );
  });

  it.each<[string, Partial<Word2vecImport>, RegExp]>([
    ["vectors", { vectors: fileOf("3 1\n12 1\nb 1\n0012 1\n") }, /vectors, line 4: "12" and "0012" are the same song/],
    ["vectors", { vectors: fileOf("2 1\n12.0 1\n0012 1\n") }, /line 3: "12.0" and "0012" are.* Set SONG_IDS=text/],
    [
      "outputs",
      { outputs: fileOf("3 1\na 1\n%20a 1\nb 2", "outputs") },
      /outputs, line 3: "a" and "%20a" are the same/,
    ],
    ["counts", { counts: fileOf("a 1\nb 2\n\u200ba 1", "counts") }, /counts, line 3: "a" and "\u200ba" are the same/],
  ])("has each song once in %s", async (_, options, message) => {
    await expect(importing({ vectors: fileOf("2 1\na 1\nb 1\n"), songIds: "numbers", ...options })).rejects.toThrow(
      message,
    );
  });

  const binary = (text: string, ...bytes: number[]) => Buffer.concat([Buffer.from(text), Buffer.from(bytes)]);
  it.each<[string, Partial<Word2vecImport>, RegExp]>([
    ["no content", { vectors: fileOf("") }, /^Cannot read vectors, line 1: expected the number of vectors/],
    [
      "a header without numbers",
      { vectors: fileOf("song 0.1 0.2\n") },
      /^Cannot read vectors, line 1: expected the number of vectors.* found a vector of 2 dimensions. Files of GloVe/,
    ],
    ["UTF-16", { vectors: fileOf(Buffer.from("\ufeff1 2\na 1 2\n", "utf16le")) }, /line 1: .*UTF-16 text/],
    ["UTF-16 without a mark", { vectors: fileOf(Buffer.from("1 2\na 1 2\n", "utf16le")) }, /line 1: .*UTF-16/],
    ["a page", { vectors: fileOf("\n<!DOCTYPE html>\n<title>404</title>") }, /line 1: .*the file is an HTML/],
    ["CSV", { vectors: fileOf('"id","d0","d1"\n"a","1","2"\n') }, /line 1: .*Separate the id and the values by blanks/],
    ["a zip archive", { vectors: fileOf("PK\x03\x04\n") }, /line 1: .*zip archive/],
    [
      "a pickle",
      { vectors: fileOf(binary("", 0x80, 4, 0x95, 10)) },
      /line 1: .*pickle. Save it with save_word2vec_format/,
    ],
    ["fastText", { vectors: fileOf(binary("", 0xba, 0x16, 0x4f, 0x2f, 12)) }, /line 1: .*fastText/],
    ["JSON", { vectors: fileOf('{"a": [1, 2]}\n') }, /line 1: .*JSON/],
    ["a header that never ends", { vectors: fileOf("1".repeat(1e6)) }, /^Cannot read vectors, line 1: /],
    [
      "more than fits",
      { vectors: fileOf("999999999999 4096\na 1\n") },
      /^Cannot read vectors, line 1: 999999999999 vectors of 4096 dimensions exceed the 4 GiB/,
    ],
    [
      "vectors of 100,000 dimensions",
      { vectors: fileOf("1 100000\na 1\n") },
      /^Cannot read vectors, line 1: vectors of 100000 dimensions/,
    ],
    [
      "fewer rows than announced",
      { vectors: fileOf("3 2\na 1 2\nb 1 2\n") },
      /^Cannot read vectors, line 4: unexpected end; the header announces 3 vectors/,
    ],
    [
      "more rows than announced",
      { vectors: fileOf("1 2\na 1 2\nb 1 2\n") },
      /^Cannot read vectors, line 3: more than the 1 vectors of the header/,
    ],
    [
      "too few values",
      { vectors: fileOf("2 3\na 1 2 3\nb 1 2\n") },
      /^Cannot read vectors, line 3: 2 values after the id instead of 3/,
    ],
    [
      "an id without a vector",
      { vectors: fileOf("2 3\na 1 2 3\nb\n") },
      /^Cannot read vectors, line 3: 0 values after the id/,
    ],
    [
      "a value that is not a number",
      { vectors: fileOf("2 2\na 1 2\nb 1 0x10\n") },
      /^Cannot read vectors, line 3: "0x10" is not a finite number/,
    ],
    ["text in the first row", { vectors: fileOf("2 2\na x y\nb 1 2\n") }, /line 2: "y" is not a finite number/],
    ["text as the only row", { vectors: fileOf("1 2\na x y\n") }, /line 2: "y" is not a finite number/],
    ["an empty first row", { vectors: fileOf("2 2\n\nb 1 2\n") }, /line 2: 0 values after the id instead of 2/],
    ["a short first row", { vectors: fileOf("2 2\na 1\nb 1 2\n") }, /line 2: 1 values after the id instead of 2/],
    ["a long first row", { vectors: fileOf("2 2\na .1 .2 .3\nb 1 2\n") }, /line 2: 3 values after the id instead of 2/],
    ["a long later row", { vectors: fileOf("2 2\n7 1 2\n8 1 2 3\n") }, /line 3: 3 values after the id instead of 2/],
    ["decimal commas", { vectors: fileOf("1 2\na 0,12 0,1\n") }, /line 2: "0,1" is not.*Write decimals with a point/],
    ["two blanks", { vectors: fileOf("1 2\na 1  2\n") }, /line 2: "" is not a finite number/],
    ["infinity", { vectors: fileOf("2 2\na 1 -inf\nb 1 2") }, /line 2: "-inf" is not a finite number/],
    ["a semicolon", { vectors: fileOf("2 2\na;1;2\nb;1;2\n") }, /line 2: 0 values after the id/],
    ["NaN", { vectors: fileOf("1 2\na nan 1\n") }, /^Cannot read vectors, line 2: "nan" is not a finite number/],
    [
      "a number beyond 32 bits",
      { vectors: fileOf("1 2\na 1e39 1\n") },
      /^Cannot read vectors, line 2: the vector is not finite/,
    ],
    ["an empty id", { vectors: fileOf("1 2\n 1 1\n") }, /^Cannot read vectors, line 2: empty id/],
    [
      "a duplicate id",
      { vectors: fileOf("2 1\na%20b 1\na%20b 2\n") },
      /^Cannot read vectors, line 3: duplicate id "a b"/,
    ],
    [
      "an id that is not UTF-8",
      { vectors: fileOf(binary("1 1\n", 0xff, 0x20, 0, 0, 128, 63)) },
      /^Cannot read vectors, row 1: id is not UTF-8/,
    ],
    [
      "an id without an end",
      { vectors: fileOf(`1 1\n${"x".repeat(200_000)}`), format: "word2vec-binary" },
      /^Cannot read vectors, row 1: id longer than/,
    ],
    [
      "a line without an end",
      { vectors: fileOf(`2 1\na 1\n${"x".repeat(200_000)}`) },
      /^Cannot read vectors, line 3: line too long/,
    ],
    [
      "a truncated vector",
      { vectors: fileOf(binary("1 2\na ", 0, 0, 128, 63, 1)) },
      /^Cannot read vectors, row 1: unexpected end inside the vector/,
    ],
    [
      "NaN in binary",
      { vectors: fileOf(binary("1 1\na ", 0, 0, 192, 127)) },
      /^Cannot read vectors, row 1: the vector is not finite/,
    ],
    [
      "a binary id with a space",
      { vectors: fileOf(binary("1 1\na b ", 0, 0, 128, 63)) },
      /^Cannot read vectors, after row 1: unexpected data.*Ids with spaces/,
    ],
    [
      "outputs of other dimensions",
      { outputs: fileOf("2 2\na 1 1\nb 1 1\n", "outputs") },
      /^Cannot read outputs, line 1: 2 dimensions instead of 1 as in vectors/,
    ],
    [
      "outputs of other songs",
      { outputs: fileOf("2 1\na 1\nc 1\n", "outputs") },
      /^Cannot read outputs, end of file: no vector for "b"/,
    ],
    [
      "invalid counts",
      { counts: fileOf("a 1\nb many\n", "counts") },
      /^Cannot read counts, line 2: expected an id, a space, and a number/,
    ],
    ["counts beyond 2³²", { counts: fileOf("a 4294967296\n", "counts") }, /^Cannot read counts, line 1: /],
  ])("is rejected with %s, with the file and line named", async (_, options, message) => {
    const attempt = importing({ vectors: fileOf("2 1\na 1\nb 1\n"), ...options });
    await expect(attempt).rejects.toMatchObject({
      code: "VECTORS_UNREADABLE",
      message: expect.stringMatching(message),
    });
  });

  it("of any bytes is imported or rejected with its name", async () => {
    const bytes = fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      fc.oneof(
        fc.string({ unit: fc.constantFrom(" ", "\n", "1", ".", "a", "e", "-") }),
        fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array).toString("latin1")),
      ),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async ([songs, vectorSize, rest]) => {
        const vectors = fileOf(Buffer.from(`${songs} ${vectorSize}\n${rest}`, "latin1"), "vectors", 7);
        try {
          await loadVersion((await importing({ vectors })).versions, 1);
        } catch (error) {
          expect(error).toMatchObject({ code: "VECTORS_UNREADABLE", params: { file: "vectors" } });
        }
      }),
      { numRuns: runs(300) },
    );
  });
});

it("an imported model without output vectors takes about half the memory", async () => {
  const bytes = ({ memory }: Model) => memory.buffer.byteLength;
  const songs = Array.from({ length: 4000 }, (_, row) => ({ id: `${row}`, count: 1 }));
  const input = songs.map(() => Array.from({ length: 256 }, () => 1));
  const [both, alone] = [await loadedModel({ songs, input }), await loadedModel({ songs, input, output: null })];
  expect(bytes(alone) / bytes(both)).toBeLessThan(0.56);
});
