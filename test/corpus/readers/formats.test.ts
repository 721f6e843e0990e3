import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { playlistsOf, readText } from "../reading.ts";

const latin1 = (text: string) => Buffer.from(text, "latin1");

describe("a file that is neither CSV nor JSON lines", () => {
  it.each([
    ["an M3U playlist", Buffer.from("#EXTM3U\n#EXTINF:123,Artist - Title\na.mp3\n")],
    ["a PLS playlist", Buffer.from("[playlist]\nFile1=a.mp3\n")],
    ["a JSON array", Buffer.from('[{"playlistId": "a", "songs": ["1"]}]')],
    ["a JSON array", Buffer.from('\uFEFF[\n  ["a", "1"]\n]')],
    ["a ZIP archive or an Excel workbook (.xlsx)", latin1("PK\x03\x04\x14\0\x06\0")],
    ["an Excel workbook (.xls)", latin1("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")],
    ["a gzip archive inside gzip", gzipSync(gzipSync("Category,master_number\na,1\n"))],
    ["a Zstandard archive", latin1("\x28\xb5\x2f\xfd\x04")],
    ["a Parquet file", latin1("PAR1\x15\x04")],
    ["an SQLite database", latin1("SQLite format 3\0\x10\0")],
    ["a Python pickle", latin1("\x80\x04\x95\x1a\0\0")],
    ["an HTML page", Buffer.from("<!DOCTYPE html><html><title>Sign in</title>")],
    ["XML", Buffer.from('<?xml version="1.0"?><plist/>')],
    ["UTF-32 text", Buffer.from([0xff, 0xfe, 0, 0, 0x43, 0, 0, 0])],
    ["an SQL dump", Buffer.from("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n")],
    ["an SQL dump", Buffer.from("--\n-- PostgreSQL\n--\n\nSET statement_timeout = 0;\n")],
    ["an SQL dump", Buffer.from("-- dump\nCREATE TABLE plays (id int);\n")],
  ])("is named: %s", async (format, content) => {
    await expect(readText(content)).rejects.toMatchObject({
      code: "PLAYLISTS_UNREADABLE",
      message: expect.stringContaining(`Cannot read standard input: expected CSV, found ${format}. Accepted are CSV`),
    });
  });
});

describe("JSON lines", () => {
  it("are playlists with ids that are text or numbers, with missing songs dropped", async () => {
    const { report, ...corpus } = await readText(
      '\uFEFF{"playlistId":"a","songs":["0101",102.0,null,"?"]}\r\n\n{"playlistId":7,"songs":["a, \\"b\\"","\u2028x"],"owner":1}\n' +
        '{"playlistId":"a","songs":[103]}',
    );
    expect(playlistsOf({ report, ...corpus })).toEqual([
      ["101", "102", "103"],
      ['a, "b"', "x"],
    ]);
    expect(report.rows).toBe(7);
    expect(report.dropped).toMatchObject([{ reason: "missingSong", count: 2, lines: [{ line: 1 }, { line: 1 }] }]);
  });

  it.each([
    ["not JSON", '{"playlistId": "a", "songs": ["1"', "not a JSON object"],
    ["without songs", '{"playlistId": "a"}', 'no list "songs"'],
    ["without a playlist", '{"songs": ["1"]}', 'no "playlistId"'],
    ["an array", '["a", "1"]', 'no list "songs"'],
    ["with nested songs", '{"playlistId": "a", "songs": [["1"]]}', "an id is neither text nor a number"],
    ["with an empty playlist id", '{"playlistId": " ", "songs": ["1"]}', "empty playlist id"],
    [
      "with other names",
      '{"id": "a", "tracks": ["1"]}',
      'expected {"playlistId": "…", "songs": ["…", …]} on each line',
    ],
    ["with infinity", '{"playlistId": "a", "songs": [1e400]}', "have lost digits"],
    ["with lost digits", '{"playlistId": "a", "songs": [12345678901234567890]}', "12345678901234567000"],
  ])("%s are dropped and counted, and refused above 1 %%", async (_, line, reason) => {
    const valid = (count: number) => Array.from({ length: count }, (_, i) => `{"playlistId":"${i}","songs":["${i}"]}`);
    const { report } = await readText([...valid(100), line, ""].join("\n"));
    expect(report.dropped).toMatchObject([{ count: 1, lines: [{ line: 101 }] }]);
    await expect(readText([...valid(10), line].join("\n"))).rejects.toThrow(reason);
  });

  it("of more than 4 MiB are refused", async () => {
    await expect(readText(`{"playlistId":"a","songs":["${"1".repeat(5 * 2 ** 20)}"]}`)).rejects.toThrow(
      "line 1 exceeds 4 MiB",
    );
  });
});
