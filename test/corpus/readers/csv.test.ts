import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { header, playlistsOf, readText, validRows } from "../reading.ts";

const mebibyte = 1024 * 1024;

describe("malformed rows", () => {
  it("are counted by reason, with the lines of the first five", async () => {
    const rows = validRows(1200);
    for (const at of [0, 100, 200, 300, 400, 500]) rows[at] = "a,1,2";
    rows[600] = 'a,6"';
    rows[700] = "  ,7";
    const { report } = await readText(header + rows.join("\n"));
    const lines = (...numbers: number[]) => numbers.map((line) => ({ file: "standard input", line }));
    expect(report.dropped).toEqual([
      { reason: "malformedRow", detail: "wrong number of cells", count: 6, lines: lines(2, 102, 202, 302, 402) },
      { reason: "malformedRow", detail: "misplaced quote", count: 1, lines: lines(602) },
      { reason: "malformedRow", detail: "empty playlist id", count: 1, lines: lines(702) },
    ]);
    expect(report.rows).toBe(1200);
    expect(report.plays.kept).toBe(1192);
  });

  it("count once each, with any number of errors", async () => {
    const rows = validRows(199);
    rows[9] = 'x"y"z,"1"2,3"';
    const { report } = await readText(header + rows.join("\n"));
    expect(report.dropped).toMatchObject([{ reason: "malformedRow", count: 1, lines: [{ line: 11 }] }]);
    expect(report.rows).toBe(199);
  });

  it("do not affect the row after a misplaced closing quote", async () => {
    const rows = validRows(200);
    rows[99] = '"a"b,100';
    const { report } = await readText(header + rows.join("\n"));
    expect(report.dropped).toMatchObject([{ detail: "misplaced quote", count: 1, lines: [{ line: 101 }] }]);
    expect(report.plays.kept).toBe(199);
  });

  it("are accepted up to exactly 1 % of the rows", async () => {
    const rows = validRows(200);
    rows[0] = rows[1] = "a";
    expect((await readText(header + rows.join("\n"))).report.dropped).toMatchObject([{ count: 2 }]);
    rows[2] = "a";
    await expect(readText(header + rows.join("\n"))).rejects.toMatchObject({
      code: "TOO_MANY_MALFORMED_ROWS",
      message:
        "More than 1 % of the rows of standard input are malformed: 3 of 200. " +
        "The first is line 2: 1 cells, the header has 2. " +
        "Correct these rows, or export the file again; quotes within quoted cells are doubled.",
    });
  });

  it("stop reading if the first 10,000 rows are all malformed", async () => {
    await expect(readText(header + "a,1,2\n".repeat(25_000))).rejects.toMatchObject({
      code: "TOO_MANY_MALFORMED_ROWS",
      message: expect.stringContaining("10,000 of 10,000"),
    });
  });
});

describe("quotes", () => {
  it("may contain delimiters and quotes, and line ends outside of the ids", async () => {
    const rows = '"a, ""b""","1, ""2""","one\r\ntwo"\n"a, ""b""",3,x\n';
    expect(playlistsOf(await readText(`Category,master_number,title\n${rows}`))).toEqual([['1, "2"', "3"]]);
  });

  it.each([
    ["in a song id", (rows: string[]) => rows.with(99, 'a,"100').with(103, '104",x'), "Category,master_number", 5],
    ["in a playlist id", (rows: string[]) => rows.with(99, '"a,100').with(101, 'a",102'), "Category,master_number", 3],
    [
      "in a title that swallows rows",
      (rows: string[]) =>
        rows
          .map((row) => `${row},x`)
          .with(99, 'a,100,"Untitled')
          .with(108, 'a,109,Song for You"'),
      "Category,master_number,title",
      10,
    ],
    [
      "in a title in front",
      (rows: string[]) =>
        rows
          .map((row) => `x,${row}`)
          .with(99, '"Untitled,a,100')
          .with(100, 'x",a,101'),
      "title,Category,master_number",
      2,
    ],
  ])("with a line end %s drop and count each row", async (_, change, names, count) => {
    const { report } = await readText([names, ...change(validRows(1200))].join("\n"));
    expect(report.dropped).toMatchObject([{ reason: "malformedRow", count, lines: [{ line: 101 }] }]);
    expect([report.rows, report.plays.kept]).toEqual([1200, 1200 - count]);
  });

  it("are text in tab-separated files", async () => {
    const rows = validRows(200)
      .map((row) => `${row},x`)
      .with(99, 'a,100,"Untitled')
      .with(108, 'a,109,Song for You"');
    const content = ["Category,master_number,title", ...rows].join("\n").replaceAll(",", "\t");
    expect((await readText(content)).report).toMatchObject({ dropped: [], plays: { kept: 200 } });
    expect(playlistsOf(await readText('"Category"\t"master_number"\n"a"\t"x ""y"""\n'))).toEqual([['x "y"']]);
  });

  it("without a closing quote are an error with the line of the opening quote", async () => {
    await expect(readText(`${header}\na,1\n\n\na,"2\na,3\na,4\n`)).rejects.toMatchObject({
      code: "PLAYLISTS_UNREADABLE",
      message: "Cannot read standard input: line 6: the quote opened here is never closed.",
    });
  });

  it("without a closing quote stop reading after 256 KiB", async () => {
    const rows = "a,1\n".repeat(mebibyte);
    const chunks = Array.from({ length: 8 }, () => Buffer.from(rows));
    let chunksRead = 0;
    const counted = async function* () {
      yield Buffer.from(`${header}a,1\na,"2\n`);
      for (const chunk of chunks) {
        chunksRead++;
        yield chunk;
      }
    };
    await expect(readText("", { standardInput: Readable.from(counted()) })).rejects.toMatchObject({
      code: "PLAYLISTS_UNREADABLE",
      message: "Cannot read standard input: line 3: the row exceeds 256 KiB; a closing quote may be missing.",
    });
    expect(chunksRead).toBeLessThan(8);
  });

  it("misplaced in the header are an error", async () => {
    await expect(readText('Category,master"number\na,1\n')).rejects.toMatchObject({
      code: "PLAYLISTS_UNREADABLE",
      message: "Cannot read standard input: line 1: misplaced quote in the header.",
    });
  });
});

describe("the header", () => {
  it.each([
    ["is quoted after a byte order mark", '\uFEFF"Category","master_number"\na,1\n'],
    ["has spaces around names", " Category , master_number \na,1\n"],
    ["has other delimiters inside quotes", '"x;y;z;w",Category,master_number\n0,a,1\n'],
    ["has delimiters and escaped quotes inside quotes", '"x"";;;",Category,master_number\n0,a,1\n'],
    ["has a line end inside quotes", '"x\ny",Category,master_number\n0,a,1\n'],
    ["follows empty lines", "\n\r\n\nCategory;master_number\na;1\n"],
  ])("%s", async (_, content) => {
    expect(playlistsOf(await readText(content))).toEqual([["1"]]);
  });

  it("may lack the song column, which the error names", async () => {
    await expect(readText("Category;song\na;1\n")).rejects.toThrow(
      'Column "master_number" not found in standard input. Columns: "Category", "song".',
    );
  });
});

describe("lines", () => {
  it("may have different line ends, and be empty", async () => {
    expect(playlistsOf(await readText(`${header}a,1\r\n\r\na,2\n\n"a","3"\r\na,4`))).toEqual([["1", "2", "3", "4"]]);
  });

  it("are numbered including empty lines", async () => {
    const { report } = await readText(`${header}\n\na,1\n\na,?\n`);
    expect(report.dropped).toEqual([{ reason: "missingSong", count: 1, lines: [{ file: "standard input", line: 6 }] }]);
  });
});

describe("the delimiter", () => {
  it.each([
    ["is named by the first line", "sep=;\nCategory;master_number\na;1\n"],
    ["is named after a byte order mark, with CRLF", '\uFEFF"SEP=|"\r\nCategory|master_number\r\na|1\r\n'],
    ["is named as a tab", "sep=\t\nCategory\tmaster_number\na\t1\n"],
    ["is a bar", "Category|master_number\na|1\n"],
    ["is the one that separates the names, though others are more frequent", "a,b,c;Category;master_number\n1,2;a;1\n"],
    ["is none in a name with others", '"Category";"x,y,z";master_number\na;2;1\n'],
  ])("%s", async (_, content) => {
    expect(playlistsOf(await readText(content))).toEqual([["1"]]);
  });
});

describe("column names", () => {
  it.each([
    "category,MASTER_NUMBER",
    "CATEGORY, Master_Number ",
    "\u200bCategory,master_number\u00a0",
    "x,category,Master_number",
  ])("are found in any case and with invisible characters: %j", async (names) => {
    const row = names.startsWith("x") ? "0,a,1" : "a,1";
    expect(playlistsOf(await readText(`${names}\n${row}\n`))).toEqual([["1"]]);
  });

  it("are preferred as they are written", async () => {
    expect(playlistsOf(await readText("category,Category,master_number\nx,a,1\ny,a,2\n"))).toEqual([["1", "2"]]);
  });

  it("are numbers in a file without a header", async () => {
    const options = { header: false, playlistColumn: "2", songColumn: "3" };
    const corpus = await readText("0,a,1\n1,a,2\n", options);
    expect([playlistsOf(corpus), corpus.report.rows]).toEqual([[["1", "2"]], 2]);
    await expect(readText("a,1\n", options)).rejects.toThrow(
      'Column "3" not found in standard input. Columns: "1", "2". Columns of files without a header are numbers',
    );
  });
});

describe("ids of a spreadsheet", () => {
  it("may be written as formulas and texts", async () => {
    expect(playlistsOf(await readText(`${header}="a","=""0101"""\n="a",="102"\n="a",'103\n="a",104\n`))).toEqual([
      ["101", "102", "103", "104"],
    ]);
  });

  it.each([
    ["lostDigits", "1.58292E+18", "have lost digits"],
    ["lostDigits", '"1,2E+20"', "as text"],
    ["lostDigits", "3e+05", "SONG_IDS=text"],
    ["ambiguousNumber", "12.000", "are ambiguous numbers"],
    ["ambiguousNumber", '"12,000"', "without separators"],
    ["ambiguousNumber", "1'234'567", "SONG_IDS=text"],
  ])("that are %s, as %s, are dropped and counted, and refused above 1 %%", async (reason, cell, advice) => {
    const rows = validRows(480);
    const { report } = await readText(header + rows.with(2, `a,${cell}`).join("\n"));
    expect(report.dropped).toMatchObject([{ reason, count: 1, lines: [{ line: 4 }] }]);
    const half = rows.map((row, i) => (i % 2 === 0 ? `a,${cell}` : row)).join("\n");
    const failure = readText(header + half);
    await expect(failure).rejects.toMatchObject({
      code: "SONG_IDS_UNREADABLE",
      message: expect.stringContaining("240 of 480"),
    });
    await expect(failure).rejects.toThrow(advice);
    expect((await readText(header + half, { songIds: "text" })).report.plays.kept).toBe(480);
  });

  it("that are playlists and have lost digits are refused", async () => {
    await expect(readText(`${header}1.5E+18,1\n1.5E+18,2\n`)).rejects.toThrow("have lost digits");
  });
});

describe("rows that repeat the header", () => {
  it.each([
    "Category,master_number",
    "category,MASTER_NUMBER",
    '"Category","master_number"',
    "\uFEFFCategory, master_number ",
  ])("are dropped and counted: %j", async (row) => {
    const { report, ...corpus } = await readText(`${header}a,1\n${row}\na,2\n${row}\na,3\n`);
    expect(playlistsOf({ report, ...corpus })).toEqual([["1", "2", "3"]]);
    expect(report.dropped).toMatchObject([{ reason: "repeatedHeader", count: 2, lines: [{ line: 3 }, { line: 5 }] }]);
  });
});

it.each(["NULL", "\\N", "None", "#N/A", "<NA>", "NaT", "#REF!", "(null)", "\u200b"])(
  "%j is a missing song, dropped and counted, and a missing playlist, malformed",
  async (marker) => {
    const { report, vocabulary } = await readText(
      header +
        validRows(300)
          .flatMap((row) => [row, `a,${marker}`])
          .join("\n"),
    );
    expect(report.dropped).toMatchObject([{ reason: "missingSong", count: 300 }]);
    expect(vocabulary.ids).toHaveLength(300);
    await expect(readText(`${header}${marker},1\n`)).rejects.toThrow("empty playlist id");
  },
);
