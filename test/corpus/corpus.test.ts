import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSongId } from "../../src/corpus/song-ids.ts";
import { readCatalogue } from "../../src/corpus/readers/catalogue.ts";
import { type Corpus, type CorpusOptions, readCorpus } from "../../src/corpus/corpus.ts";
import { generateSample, writeSample } from "../../src/corpus/sample/sample.ts";
import { runs } from "../helpers/fault-form.ts";
import { hostileIds } from "../helpers/playlists.ts";

let folder: string;
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "song2vec-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(content: string | Buffer, name = `lists-${files++}.csv`): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
}

const all = { minCount: 1, minPlaylistLength: 1 };

async function read(content: string | Buffer, options: Partial<CorpusOptions> = {}): Promise<Corpus> {
  return readCorpus({ sources: [await write(content)], ...all, ...options });
}

/** The playlists as song ids. */
function playlists({ tokens, offsets, vocabulary }: Corpus): string[][] {
  return Array.from({ length: offsets.length - 1 }, (_, i) =>
    Array.from(tokens.subarray(offsets[i], offsets[i + 1]), (row) => vocabulary.ids[row] ?? ""),
  );
}

const header = "Category,master_number\n";

describe("reading playlists", () => {
  it("drops rows whose song is ?, empty, nan or NaN, and reports their lines", async () => {
    const { report, ...corpus } = await read(`${header}a,1\na,?\na,\na,nan\na, NaN \na,2\n`);
    expect(playlists({ ...corpus, report })).toEqual([["1", "2"]]);
    expect(report.rows).toBe(6);
    expect(report.dropped).toMatchObject([
      { reason: "missingSong", count: 4, lines: [{ line: 3 }, { line: 4 }, { line: 5 }, { line: 6 }] },
    ]);
  });

  it('reads 12345, "12345", 12345.0 and 0012345 as one song, with any number of digits', async () => {
    const corpus = await read(
      `${header}a,12345\na,"12345"\na,12345.0\na,0012345\na,00123456789012345678901234567890\na,1e5\na,12.5\n`,
    );
    expect(playlists(corpus)).toEqual([
      ["12345", "12345", "12345", "12345", "123456789012345678901234567890", "1e5", "12.5"],
    ]);
  });

  it("takes ids literally in text mode", async () => {
    expect(playlists(await read(`${header}a,007\na,7.0\n`, { songIds: "text" }))).toEqual([["007", "7.0"]]);
  });

  it("collects scattered rows of a playlist, in order, with repeats", async () => {
    expect(playlists(await read(`${header}a,3\nb,1\na,2\nb,1\na,3\n`))).toEqual([
      ["3", "2", "3"],
      ["1", "1"],
    ]);
  });

  it("drops short playlists before it counts plays", async () => {
    const { report, vocabulary, ...rest } = await read(`${header}a,1\na,1\na,1\na,2\nb,2\nb,2\nb,2\n`, {
      minPlaylistLength: 4,
      minCount: 3,
    });
    expect(playlists({ report, vocabulary, ...rest })).toEqual([["1", "1", "1"]]);
    expect(report).toMatchObject({
      playlists: { kept: 1, leftOut: 1 },
      songs: { kept: 1, belowMinCount: 1 },
      plays: { kept: 3, belowMinCount: 1, leftOut: 3 },
    });
  });

  it("orders songs by descending plays", async () => {
    const { vocabulary } = await read(`${header}a,5\na,9\na,9\na,7\na,7\na,7\n`);
    expect(vocabulary.ids).toEqual(["7", "9", "5"]);
    expect([...vocabulary.counts]).toEqual([3, 2, 1]);
  });

  it("keeps the most played songs up to maxVocabulary, ties by first appearance, and reports the others", async () => {
    const content = `${header}a,5\na,9\na,9\na,7\na,7\na,7\nb,1\nb,1\nb,8\nb,8\n`;
    const { report, vocabulary, ...rest } = await read(content, { minCount: 2, maxVocabulary: 2 });
    expect(vocabulary.ids).toEqual(["7", "9"]);
    expect(playlists({ report, vocabulary, ...rest })).toEqual([["9", "9", "7", "7", "7"], []]);
    expect(report.songs).toEqual({ kept: 2, belowMinCount: 1, beyondMaxVocabulary: 2 });
    expect(report.plays).toEqual({ kept: 5, belowMinCount: 1, beyondMaxVocabulary: 4, leftOut: 0 });
    expect((await read(content, { minCount: 2, maxVocabulary: 100 })).vocabulary.ids).toEqual(["7", "9", "1", "8"]);
  });

  it.each([
    ["a byte order mark", `\uFEFF${header}a,1\na,2\n`],
    ["CRLF", "Category,master_number\r\na,1\r\na,2\r\n"],
    ["semicolons", "Category;master_number\na;1\na;2\n"],
    ["tabs", "Category\tmaster_number\na\t1\na\t2\n"],
    ["more columns in another order", ',master_number,note,Category\n0,1,"x,y",a\n1,2,,a\n'],
    ["gzip with any file name", gzipSync(`${header}a,1\na,2\n`)],
    ["no newline at the end", `${header}a,1\na,2`],
  ])("reads %s", async (_, content) => {
    expect(playlists(await read(content))).toEqual([["1", "2"]]);
  });

  it("reads other column names", async () => {
    expect(playlists(await read("list,song\na,1\n", { playlistColumn: "list", songColumn: "song" }))).toEqual([["1"]]);
  });

  it("reads several files, a directory and standard input; a playlist may span files", async () => {
    const [first, second] = [await write(`${header}a,1\n`), await write(`${header}a,2\n`)];
    expect(playlists(await readCorpus({ sources: [first, second], ...all }))).toEqual([["1", "2"]]);
    await mkdir(join(folder, "lists"));
    await write(`${header}b,4\n`, "lists/2.csv.gz");
    await write(`${header}b,3\n`, "lists/1.csv");
    await write("not read", "lists/notes.md");
    expect(playlists(await readCorpus({ sources: [join(folder, "lists")], ...all }))).toEqual([["3", "4"]]);
    const standardInput = Readable.from([Buffer.from(`${header}c,`), Buffer.from("8\n")]);
    expect(playlists(await readCorpus({ sources: ["-"], standardInput, ...all }))).toEqual([["8"]]);
  });

  it("reads a character that is split between chunks", async () => {
    const bytes = Buffer.from(`${header}a,노래\n`);
    const standardInput = Readable.from(Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)));
    expect(playlists(await readCorpus({ sources: ["-"], standardInput, ...all }))).toEqual([["노래"]]);
  });

  it("accepts and reports up to 1 % malformed rows", async () => {
    const rows = Array.from({ length: 200 }, (_, i) => (i === 50 ? "a,1,2,3" : `a,${i}`));
    const { report } = await read(header + rows.join("\n"));
    expect(report.dropped).toMatchObject([{ reason: "malformedRow", count: 1, lines: [{ line: 52 }] }]);
  });

  it("reads any playlists with any delimiter", async () => {
    const id = fc.oneof(
      fc.constantFrom(...hostileIds),
      fc
        .string({ minLength: 1 })
        .filter((text) => text.trim() === text && readSongId(text, "text") !== undefined && !/[\0\r\n]/.test(text)),
    );
    const lists = fc.array(fc.array(id, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 8 });
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(lists, fc.constantFrom(",", ";", "\t"), async (written, delimiter) => {
        const rows = written.flatMap((list, i) => list.map((song) => `${i}${delimiter}${quote(song)}`));
        const content = ["Category", '"master_number"'].join(delimiter) + `\n${rows.join("\n")}\n`;
        const standardInput = Readable.from([Buffer.from(content)]);
        expect(playlists(await readCorpus({ sources: ["-"], standardInput, songIds: "text", ...all }))).toEqual(
          written,
        );
      }),
      { numRuns: runs(100) },
    );
  });
});

describe("rejects", () => {
  const malformed = header + Array.from({ length: 100 }, (_, i) => (i % 20 === 3 ? "a,1,2" : `a,${i}`)).join("\n");
  it.each([
    ["a missing column", "a,b\n1,2\n", "COLUMN_MISSING", /Column "Category" not found in .*Columns: "a", "b"/],
    ["an empty file", "", "NO_PLAYLISTS", /empty/],
    ["only a header", header, "NO_PLAYLISTS", /no rows below the header/],
    ["only missing songs", `${header}a,?\n`, "NO_PLAYLISTS", /every song is missing/],
    ["5 % malformed rows", malformed, "TOO_MANY_MALFORMED_ROWS", /malformed: 5 of 100\. The first is line 5/],
    ["Latin-1", Buffer.from(`${header}a,1\na,caf\u00e9\n`, "latin1"), "NOT_UTF8", /line 3.*Latin-1/],
    ["a missing closing quote", `${header}a,1\na,"2\n${"a,3\n".repeat(1000)}`, undefined, /line \d+/],
    [
      "a truncated gzip file",
      gzipSync(`${header}a,1\n`.repeat(100)).subarray(0, 30),
      "PLAYLISTS_UNREADABLE",
      /lists-\d+\.csv/,
    ],
  ])("%s", async (_, content, code, message) => {
    const failure = await read(content).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({
      name: "Song2vecError",
      message: expect.stringMatching(message),
      ...(code && { code }),
    });
  });

  it("a missing file, and playlists that are all too short", async () => {
    await expect(readCorpus({ sources: [join(folder, "nowhere.csv")] })).rejects.toMatchObject({
      code: "PLAYLISTS_UNREADABLE",
      message: expect.stringContaining("no such file"),
    });
    await expect(read(`${header}a,1\n`, { minPlaylistLength: 4 })).rejects.toThrow(
      "every playlist has fewer than 4 songs",
    );
    await expect(read(`${header}a,1\n`, { minCount: 3 })).rejects.toThrow("no song has 3 plays");
  });
});

describe("the catalogue", () => {
  it("has the same normalised song ids as playlists", async () => {
    const source = await write(
      'year,title,master_number,artist\n1999,"Hello, ""World""",007,Somebody\n2000,,8,\n',
      "songs.csv",
    );
    const { songs: catalogue } = await readCatalogue({ source });
    expect(catalogue.get("7")).toEqual({ title: 'Hello, "World"', artist: "Somebody", columns: { year: "1999" } });
    expect(catalogue.get("007")).toBeUndefined();
  });

  it("keeps the values of further columns, except for empty cells and unnamed or duplicate columns", async () => {
    const source = await write(",master_number,__proto__,genre,genre\n0,1, pop ,rock,jazz\n1,2,,,\n", "columns.csv");
    expect([...(await readCatalogue({ source })).songs]).toEqual([
      [
        "1",
        {
          columns: Object.fromEntries([
            ["__proto__", "pop"],
            ["genre", "rock"],
          ]),
        },
      ],
      ["2", {}],
    ]);
  });
});

describe("the sample", () => {
  it("is equal for equal seeds, and differs for others", () => {
    const make = (seed: number) => JSON.stringify([...generateSample({ seed, songs: 200, playlists: 50 }).playlists]);
    expect(make(3)).toBe(make(3));
    expect(make(3)).not.toBe(make(4));
  });

  it("has few popular and many rare songs, and is read like any playlists", async () => {
    const { playlists: lists, catalogue } = await writeSample(join(folder, "sample"), {
      songs: 500,
      playlists: 2000,
      seed: 1,
    });
    const corpus = await readCorpus({ sources: [lists] });
    const { counts, ids } = corpus.vocabulary;
    expect(counts[0]).toBeGreaterThan(3 * (counts[Math.floor(counts.length / 2)] ?? 0));
    const { kept, leftOut } = corpus.report.playlists; // left out: playlists of 4 songs with a ?
    expect(kept + leftOut).toBe(2000);
    expect(leftOut).toBeLessThan(40);
    const { songs: titles } = await readCatalogue({ source: catalogue });
    expect(ids.every((id) => titles.get(id)?.title)).toBe(true);
  });
});

const nowplaying = fileURLToPath(new URL("../../../shared/data/nowplaying.train.csv.gz", import.meta.url));

describe("real playlists", () => {
  it.skipIf(!existsSync(nowplaying))("reads all of nowplaying (skipped if ../shared/data is missing)", async () => {
    const { report } = await readCorpus({ sources: [nowplaying] });
    expect(report).toMatchObject({
      rows: 953_381,
      dropped: [],
      playlists: { kept: 112_335 },
      songs: { kept: 55_926 },
      plays: { kept: 905_530 },
    });
  });
});
