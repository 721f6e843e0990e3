import { readdir, readFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { openVersions, type Versions } from "../../src/model/format/versions.ts";
import { type RecommendationResult, createRecommender } from "../../src/recommend/query/recommender.ts";
import { callCommand } from "../helpers/command.ts";
import { useFolder } from "../helpers/folder.ts";
import { runCommand } from "../helpers/process.ts";
import { hostileIds } from "../helpers/playlists.ts";
import { publishModel } from "../model/small-models.ts";
import { loadVersion } from "../../src/model/loading/load.ts";

const at = useFolder();

let versions: Versions;
const ids = [...hostileIds, "=1+1", "tab\tbed", "line\nend", "100%20"];

beforeAll(async () => {
  versions = await openVersions(at("data/models"));
  await publishModel(versions, {
    songs: ids.map((id, row) => ({ id, count: 100 - row, title: `=Title ${row}` })),
    input: ids.map((_, row) => [Math.sin(row), Math.cos(2 * row), Math.sin(3 * row)]),
    output: ids.map((_, row) => [Math.cos(row), Math.sin(2 * row), Math.cos(3 * row)]),
  });
});

const run = (...args: string[]) => callCommand([...args, "--data-dir", at("data")]);
async function runJson(...args: string[]) {
  const { code, output, errors } = await run(...args, "--json");
  expect(code, errors).toBe(0);
  return JSON.parse(output.trim().split("\n").at(-1) ?? "");
}

/** What a version returns, without titles. */
async function everything(version: number) {
  const recommender = await createRecommender(await loadVersion(versions, version));
  const scores = ({ items }: Pick<RecommendationResult, "items">) => items.map(({ songId, score }) => [songId, score]);
  return {
    similar: scores(await recommender.similar("line\nend", { limit: 99 })),
    context: scores(
      await recommender.recommend({ songs: [{ songId: "__proto__", weight: 1 }], strategy: "context", limit: 99 }),
    ),
  };
}

describe("export and import", () => {
  it.each([
    ["word2vec-binary", ""],
    ["word2vec-text", ".gz"],
  ])("take a model with hostile ids out as %s%s and in again", async (format, ending) => {
    await runJson("export", "1", "--format", format, "--output", at("vectors"), "--counts", at("counts"));
    await runJson("export", "1", "--format", format, "--vectors", "output", "--output", at("outputs"));
    if (ending)
      for (const file of ["vectors", "outputs", "counts"])
        await writeFile(at(`${file}${ending}`), gzipSync(await readFile(at(file))));
    const options = ["vectors", "outputs", "counts"].flatMap((file) => [`--${file}`, at(`${file}${ending}`)]);
    const { version } = await runJson("import", ...options);
    expect(await everything(version)).toEqual(await everything(1));
  });

  it.each([
    ["Song", 1, "catalogue: 1 of 2 songs described, columns Title"],
    ["Other", 9, "warning: catalogue: 0 of 2 songs described, columns Title"],
  ])("say how many songs a catalogue describes: %s", async (title, id, line) => {
    await writeFile(at("two.txt"), "2 2\n1 0.5 1\n2 1 0.5\n");
    await writeFile(at("songs.csv"), `MASTER_NUMBER,Title\n0${id},${title}\n`);
    const files = ["--vectors", at("two.txt"), "--catalogue", at("songs.csv"), "--data-dir", at("catalogued")];
    const { code, errors } = await callCommand(["import", ...files]);
    expect([code, errors.split("\n")[0]]).toEqual([0, line]);
  });

  it("take a whole model along as safetensors", async () => {
    await runJson("export", "latest", "--format", "safetensors", "--output", at("model.safetensors"));
    const { version } = await runJson("import", "--vectors", at("model.safetensors"));
    expect(await everything(version)).toEqual(await everything(1));
  });

  it("build an index where they are told to, and leave it out of what they write", async () => {
    const { version, index } = await runJson("import", "--vectors", at("model.safetensors"), "--index", "hnsw");
    expect(index).toMatchObject({ kind: "hnsw", recallAt10: 1 });
    expect((await versions.find(version)).manifest.index).toEqual(index);
    expect(await everything(version)).toEqual(await everything(1));
    await runJson("export", `${version}`, "--format", "safetensors", "--output", at("indexed.safetensors"));
    const again = await runJson("import", "--vectors", at("indexed.safetensors"));
    expect(again.index).toBeNull();
    expect((await versions.find(again.version)).manifest.index).toBeNull();
  });

  it("write what a projector and a spreadsheet may open: no cell is a formula", async () => {
    const { files } = await runJson(
      "export",
      "1",
      "--format",
      "projector",
      "--output",
      at("tsv/vectors.tsv"),
      "--metadata",
      at("tsv/metadata.tsv"),
    );
    expect(files.map(({ name }: { name: string }) => name)).toEqual([at("tsv/vectors.tsv"), at("tsv/metadata.tsv")]);
    const lines = (await readFile(at("tsv/metadata.tsv"), "utf8")).split("\n");
    expect(lines).toHaveLength(ids.length + 2);
    for (const line of lines) for (const cell of line.split("\t")) expect(cell).not.toMatch(/^[=+\-@]/);
    expect((await readFile(at("tsv/vectors.tsv"), "utf8")).split("\n")).toHaveLength(ids.length + 1);
  });

  it("write to standard output, and leave devices what they are", async () => {
    const toOutput = [
      "export",
      "1",
      "--format",
      "word2vec-text",
      "--limit",
      "2",
      "--output",
      "-",
      "--data-dir",
      at("data"),
    ];
    const { code, output } = await runCommand(toOutput);
    expect([code, output.split("\n")[0], output.split("\n").length]).toEqual([0, "2 3", 4]);
    await runJson("export", "1", "--format", "word2vec-text", "--output", "/dev/null");
    expect(await readFile("/dev/null", "utf8")).toBe("");
  });

  it("fail with an error that says why, and leave nothing behind", async () => {
    await writeFile(at("broken"), "2 2\na 1 2\nb 1 x\n");
    await writeFile(at("broken.gz"), gzipSync("2 2\na 1 2\nb 1 2\n").subarray(0, 20));
    const failures: [string[], number, RegExp][] = [
      [["import", "--vectors", at("broken")], 1, /broken, line 3: "x" is not a finite number/],
      [["import", "--vectors", at("broken.gz")], 1, /broken\.gz: corrupt gzip data/],
      [["import", "--vectors", at("nothing")], 1, /nothing: no such file/],
      [
        ["import", "--vectors", at("model.safetensors"), "--counts", at("counts")],
        2,
        /--outputs, --counts and --catalogue cannot be used/,
      ],
      [["import"], 2, /--vectors/],
      [["export", "99", "--format", "projector", "--output", at("x")], 1, /Model version 99 not found/],
      [["export", "--format", "csv", "--output", at("x")], 2, /csv/],
      [["export", "--format", "projector", "--output", at("vectors/below")], 1, /Cannot write to .*below/],
      [["compare", "1", "two"], 2, /two/],
      [["compare", "1", "99"], 1, /Model version 99 not found/],
    ];
    const before = await readdir(at("data/models"));
    for (const [args, expected, message] of failures) {
      const { code, errors } = await run(...args);
      expect(errors).toMatch(message);
      expect([args, code]).toEqual([args, expected]);
      expect(errors).not.toMatch(/\n\s+at /);
    }
    expect(await readdir(at("data/models"))).toEqual(before);
    expect((await readdir(at(""))).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("import leaves out what is no song, and says so", async () => {
    await writeFile(at("tokens"), "4 1\n</s> 1\n0012 1\n<unk> 1\nnan 1\n");
    const { code, errors, output } = await run("import", "--vectors", at("tokens"), "--json");
    expect([code, errors.split("\n").slice(0, 2)]).toEqual([
      0,
      [
        "left out 2 vectors: a token of the vocabulary, such as </s>",
        "left out 1 vectors: the id stands for a missing value, such as nan",
      ],
    ]);
    const { version, songs, leftOut } = JSON.parse(output);
    expect([songs, leftOut]).toEqual([1, { token: 2, missing: 1 }]);
    expect((await loadVersion(versions, version)).songs.at(0)?.id).toBe("12");
  });

  it("compare says what changed", async () => {
    expect(await runJson("compare", "1", "2")).toMatchObject({
      songs: { both: ids.length, gained: 0, lost: 0 },
      neighbours: { songs: ids.length, meanOverlap: 1 },
    });
  });
});
