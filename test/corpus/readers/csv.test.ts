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
        "The first is line 2: 1 cells, the header has 2.",
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
  it("may contain delimiters, quotes and line ends", async () => {
    expect(playlistsOf(await readText(`${header}"a, ""b""","one\r\ntwo"\n"a, ""b""",3\n`))).toEqual([
      ["one\r\ntwo", "3"],
    ]);
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
