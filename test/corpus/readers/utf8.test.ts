import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { header, playlistsOf, readText } from "../reading.ts";

const latin1 = (text: string) => Buffer.from(text, "latin1");

describe("text that is not UTF-8", () => {
  it.each([
    ["Latin-1", latin1(`${header}a,1\na,caf\u00e9\n`), "line 3, byte 0xE9, looks like Latin-1"],
    ["Windows-1252", latin1(`${header}a,\u0093x\u0094\n`), "line 2, byte 0x93, looks like Windows-1252"],
    [
      "a truncated character at the end",
      Buffer.from(`${header}a,노`).subarray(0, -1),
      "line 2, byte 0xEB, looks like Latin-1",
    ],
    ["UTF-16 with byte order mark", Buffer.from(`\uFEFF${header}`, "utf16le"), "line 1, UTF-16 byte order mark"],
    [
      "big-endian UTF-16 with byte order mark",
      Buffer.from(`\uFEFF${header}`, "utf16le").swap16(),
      "line 1, UTF-16 byte order mark",
    ],
    ["UTF-16 without byte order mark", Buffer.from(header, "utf16le"), "line 1, zero bytes, looks like UTF-16"],
  ])("is rejected for any chunking: %s", async (_, content, message) => {
    const chunks = Array.from(content, (_byte, i) => content.subarray(i, i + 1));
    for (const given of [content, chunks])
      await expect(readText(given)).rejects.toMatchObject({
        code: "NOT_UTF8",
        message: expect.stringContaining(`standard input is not encoded in UTF-8: ${message}.`),
      });
  });

  it("is reported as a binary file if it has zero bytes", async () => {
    await expect(readText(latin1("PK\x03\x04\x14\0\0\xff\xfe"))).rejects.toThrow(
      "standard input is not encoded in UTF-8: line 1, byte 0xFF, looks like a binary file.",
    );
  });

  it("is rejected with its line, far into a file", async () => {
    const rows = Array.from({ length: 60_000 }, (_, i) => `노래,${i}\n`);
    rows[50_000] = "x,\n";
    const content = Buffer.concat([
      Buffer.from(header + rows.slice(0, 50_000).join("")),
      latin1("na\u00efve,1\n"),
      Buffer.from(rows.slice(50_000).join("")),
    ]);
    const chunks = Array.from({ length: Math.ceil(content.length / 1000) }, (_, i) =>
      content.subarray(i * 1000, (i + 1) * 1000),
    );
    await expect(readText(chunks)).rejects.toThrow(
      "standard input is not encoded in UTF-8: line 50,002, byte 0xEF, looks like Latin-1.",
    );
  });
});

describe("text that is UTF-8", () => {
  it("is read equally for any chunking", async () => {
    const lists = [
      ["노래", "🎵", "é", "ﷺ"],
      ["𝄞𝄞", "\uFFFD", "x"],
    ];
    const bytes = Buffer.from(
      `\uFEFF${header}${lists.flatMap((list, i) => list.map((song) => `${i},"${song}"\r\n`)).join("")}`,
    );
    const cuts = fc.array(fc.nat({ max: bytes.length }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        const ends = [...at.toSorted((a, b) => a - b), bytes.length];
        const chunks = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
        expect(playlistsOf(await readText(chunks))).toEqual(lists);
      }),
    );
  });
});
