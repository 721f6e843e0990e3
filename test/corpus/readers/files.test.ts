import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCatalogue } from "../../../src/corpus/readers/catalogue.ts";
import { readCorpus } from "../../../src/corpus/corpus.ts";
import { header, playlistsOf, readText, validRows } from "../reading.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "song2vec-files-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, content);
  return path;
}

const read = (...sources: string[]) => readCorpus({ sources, minCount: 1, minPlaylistLength: 1 });

describe("a directory", () => {
  it("is read as its CSV files sorted by name, and no other files", async () => {
    await write("tables/c.tsv", "Category\tmaster_number\na\t3\n");
    await write("tables/b.csv", gzipSync(`${header}a,2\n`));
    await write("tables/d.tsv.gz", gzipSync("Category\tmaster_number\na\t4\n"));
    await write("tables/a.csv.gz", `${header}a,1\n`);
    await write("tables/.hidden.csv", "not read");
    await write("tables/notes.txt", "not read");
    await write("tables/deeper.csv/x.csv", "not read");
    const corpus = await read(join(folder, "tables"));
    expect(playlistsOf(corpus)).toEqual([["1", "2", "3", "4"]]);
    expect(corpus.report.files).toEqual(["a.csv.gz", "b.csv", "c.tsv", "d.tsv.gz"]);
  });

  it("without CSV files is an error", async () => {
    await write("none/notes.txt", "not read");
    await expect(read(join(folder, "none"))).rejects.toMatchObject({
      code: "NO_PLAYLISTS",
      message: expect.stringContaining("the directory has no .csv"),
    });
  });
});

describe("several files", () => {
  it("are named in the report of dropped rows", async () => {
    const [first, second] = [
      await write("first.csv", `${header}a,?\na,1\n`),
      await write("second.csv", `${header}a,2\na,?\n`),
    ];
    const { report } = await read(first, second);
    expect(report.dropped).toEqual([
      {
        reason: "missingSong",
        count: 2,
        lines: [
          { file: "first.csv", line: 2 },
          { file: "second.csv", line: 3 },
        ],
      },
    ]);
    expect(report.rows).toBe(4);
  });

  it("may each have up to 1 % malformed rows", async () => {
    const long = await write("long.csv", header + validRows(1000).join("\n"));
    const broken = await write("broken.csv", `${header}a,1\na\n`);
    await expect(read(long, broken)).rejects.toThrow(`rows of ${broken} are malformed: 1 of 2.`);
  });

  it("may be empty, but not all of them", async () => {
    const [full, empty, bare] = [
      await write("full.csv", `${header}a,1\n`),
      await write("empty.csv", ""),
      await write("bare.csv", header),
    ];
    expect(playlistsOf(await read(empty, full, bare))).toEqual([["1"]]);
    await expect(read(empty, empty)).rejects.toThrow("the files are empty");
    await expect(read(empty, bare)).rejects.toThrow("no rows below the header");
  });
});

describe("a file", () => {
  it("may be gzip with several members", async () => {
    expect(playlistsOf(await readText(Buffer.concat([gzipSync(`${header}a,1\n`), gzipSync("a,2\n")])))).toEqual([
      ["1", "2"],
    ]);
  });

  it("that is missing is reported before any other is read", async () => {
    const missing = join(folder, "missing.csv");
    await expect(read(await write("broken-too.csv", "x"), missing)).rejects.toMatchObject({
      code: "PLAYLISTS_UNREADABLE",
      message: `Cannot read ${missing}: no such file.`,
    });
  });

  it("that cannot be opened is an error", async () => {
    const loop = join(folder, "loop.csv");
    await symlink(loop, loop);
    await expect(read(loop)).rejects.toMatchObject({
      code: "PLAYLISTS_UNREADABLE",
      message: `Cannot read ${loop}: system error ELOOP.`,
    });
  });

  it.each([
    ["truncated", (compressed: Buffer) => compressed.subarray(0, compressed.length - 20)],
    ["overwritten", (compressed: Buffer) => Buffer.from(compressed).fill(0xff, 200, 260)],
    [
      "changed in the checksum",
      (compressed: Buffer) => Buffer.from(compressed).fill(0, compressed.length - 8, compressed.length - 4),
    ],
  ])("of gzip data that is %s is an error", async (_, corrupt) => {
    const compressed = gzipSync(
      header + Array.from({ length: 5000 }, (_row, i) => `${i % 97},${(i * 7919) % 1009}`).join("\n"),
    );
    await expect(readText(corrupt(compressed))).rejects.toMatchObject({
      code: "PLAYLISTS_UNREADABLE",
      message: expect.stringMatching(/^Cannot read standard input: corrupt gzip data \(.+\)\.$/),
    });
  });

  it("of gzip without content is an error", async () => {
    await expect(readText(gzipSync(""))).rejects.toThrow("No playlists in standard input: the file is empty.");
  });
});

describe("standard input", () => {
  it("that ends early is an error", async () => {
    const standardInput = new Readable({ read() {} });
    standardInput.push(`${header}a,1\n`);
    const reading = readText("", { standardInput });
    setImmediate(() => standardInput.destroy());
    await expect(reading).rejects.toMatchObject({
      code: "PLAYLISTS_UNREADABLE",
      message: "Cannot read standard input: unexpected end.",
    });
  });
});

describe("a catalogue", () => {
  it("may be gzip, with other column names, missing columns and repeated rows", async () => {
    const source = await write("songs.csv.gz", gzipSync("song;title\n01; One \n1.0;Other\n?;Nobody\nx y;\n"));
    expect([...(await readCatalogue({ source, songColumn: "song" })).songs]).toEqual([
      ["1", { title: "One" }],
      ["x y", {}],
    ]);
    expect([...(await readCatalogue({ source, songColumn: "song", songIds: "text" })).songs.keys()]).toEqual([
      "01",
      "1.0",
      "x y",
    ]);
  });

  it("has empty cells for missing values, and counts rows that are dropped", async () => {
    const content = Array.from({ length: 200 }, (_, i) => `${i + 1},Song ${i},None\n`)
      .with(4, "5,NaN,\\N\n")
      .with(5, "1.5E+18,x,y\n")
      .with(6, "NULL,x,y\n");
    const source = await write("missing.csv", `master_number,title,artist\n${content.join("")}`);
    const { songs, dropped } = await readCatalogue({ source });
    expect([songs.get("5"), songs.get("1")]).toEqual([{}, { title: "Song 0", artist: "None" }]);
    expect(dropped).toMatchObject([
      { reason: "lostDigits", count: 1, lines: [{ file: "missing.csv", line: 7 }] },
      { reason: "missingSong", count: 1 },
    ]);
    const rowsOnly = await write("rows.csv", "101,Song,Artist\n102,Song,Artist\n");
    await expect(readCatalogue({ source: rowsOnly, header: false, songColumn: "1" })).rejects.toMatchObject({
      code: "COLUMN_MISSING",
    });
    const lost = await write("lost.csv", "master_number,title\n1.5E+18,x\n2.5E+18,y\n");
    await expect(readCatalogue({ source: lost })).rejects.toMatchObject({ code: "SONG_IDS_UNREADABLE" });
  });

  it("is rejected for the same reasons as playlists", async () => {
    await expect(readCatalogue({ source: join(folder, "nowhere.csv") })).rejects.toMatchObject({
      code: "PLAYLISTS_UNREADABLE",
    });
    await expect(
      readCatalogue({ source: await write("empty-songs.csv", "title,artist\nx,y\n") }),
    ).rejects.toMatchObject({ code: "COLUMN_MISSING" });
    await expect(
      readCatalogue({ source: await write("broken-songs.csv", "master_number,title\n1,x,y\n") }),
    ).rejects.toMatchObject({ code: "TOO_MANY_MALFORMED_ROWS" });
    await expect(
      readCatalogue({
        source: await write("latin1.csv", Buffer.from("master_number,title\n1,\u00e9t\u00e9\n", "latin1")),
      }),
    ).rejects.toMatchObject({ code: "NOT_UTF8" });
  });
});
