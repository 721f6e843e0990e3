import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { header, playlistsOf, readText } from "../reading.ts";

const latin1 = (text: string) => Buffer.from(text, "latin1");

/** 노래 and 아이 in EUC-KR, as a Korean spreadsheet saves them. */
const korean = Buffer.concat([Buffer.from(`${header}a,`), Buffer.from("b3ebb7a12c0a612cbec6c0cc", "hex")]);
const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le");

describe("text that is not UTF-8", () => {
  it.each([
    ["Latin-1", latin1(`${header}a,1\na,caf\u00e9\n`), "line 3, byte 0xE9, looks like Windows-1252 or Latin-1"],
    ["Windows-1252", latin1(`${header}a,don\u0092t\n`), "line 2, byte 0x92, looks like Windows-1252 or Latin-1"],
    [
      "a truncated character at the end",
      Buffer.from(`${header}a,노`).subarray(0, -1),
      "line 2, the last character is incomplete",
    ],
    ["EUC-KR", korean, "line 2, byte 0xB3, looks like EUC-KR (CP949)"],
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
    await expect(readText(latin1("RIFF\x04\x14\0\0\xff\xfe"))).rejects.toThrow(
      "standard input is not encoded in UTF-8: line 1, byte 0xFF, looks like a binary file.",
    );
    await expect(readText(latin1("\x7fELF\x02\0"))).rejects.toThrow("line 1, zero bytes, looks like a binary file.");
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
      "standard input is not encoded in UTF-8: line 50,002, byte 0xEF, looks like Windows-1252 or Latin-1.",
    );
  });
});

describe("text in another encoding", () => {
  const rows = `${header}a,노래\r\na,😀\r\n`;
  const bytes = (hex: string) =>
    Buffer.concat([Buffer.from(`${header}a,`), Buffer.from(hex, "hex"), Buffer.from("\n")]);
  it.each([
    ["UTF-16 with a byte order mark", utf16(rows), undefined, ["노래", "😀"]],
    ["big-endian UTF-16 with a byte order mark", utf16(rows).swap16(), undefined, ["노래", "😀"]],
    ["UTF-16 without a byte order mark", utf16(rows).subarray(2), "utf-16le", ["노래", "😀"]],
    ["EUC-KR", bytes("b3ebb7a1"), "euc-kr", ["노래"]],
    ["CP949 beyond EUC-KR", bytes("8c63"), "ks_c_5601-1987", ["똠"]],
    ["Shift_JIS", bytes("834b834b"), "sjis", ["ガガ"]],
    ["Windows-1252", bytes("636166e9"), "latin1", ["café"]],
    ["UTF-8 with a byte order mark, whatever the setting", Buffer.from(`\uFEFF${rows}`), "euc-kr", ["노래", "😀"]],
  ])("is read for any chunking: %s", async (_, content, encoding, songs) => {
    const chunks = Array.from(content, (_byte, i) => content.subarray(i, i + 1));
    for (const given of [content, chunks]) expect(playlistsOf(await readText(given, { encoding }))).toEqual([songs]);
  });

  it.each([
    ["EUC-KR", korean, "Set ENCODING=euc-kr, or convert the file to UTF-8."],
    ["Shift_JIS", bytes("82a082a282a4"), "Set ENCODING=shift_jis"],
    ["Shift_JIS with more kanji than kana", bytes("96e98df782a88eb5"), "Set ENCODING=shift_jis"],
    ["GBK", bytes("d6d0cec4b8e8c7fac1d0b1ed"), "Set ENCODING=gb18030"],
    ["Windows-1251", bytes("cfe5f1edff20eee220f5eee4"), "Set ENCODING=windows-1251"],
    ["Windows-1252 in German", bytes("dc626572204ce46e646572"), "Set ENCODING=windows-1252"],
    ["Windows-1252", bytes("636166e9"), "Set ENCODING=windows-1252"],
    ["UTF-16 without a byte order mark", utf16(rows).subarray(2), "Set ENCODING=utf-16le"],
  ])("is named with the setting that reads it: %s", async (_, content, advice) => {
    await expect(readText(content)).rejects.toThrow(advice);
  });

  it("is rejected where the setting does not fit", async () => {
    await expect(readText(bytes("ff41"), { encoding: "euc-kr" })).rejects.toThrow(
      "standard input is not encoded in euc-kr: line 1, invalid bytes on this line or below. " +
        "Convert the file to UTF-8, or set another ENCODING.",
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
