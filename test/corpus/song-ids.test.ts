import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalizeSongId, parseSongId, readSongId } from "../../src/corpus/song-ids.ts";
import { idProblem, SongNumbers } from "../../src/corpus/song-numbers.ts";

const missing = (
  "|  |?| ? |nan|NaN|\tNaN |NULL|Null|none|None|\\N|NA|N/A|#N/A|<NA>|NaT|-nan|#REF!|#VALUE!|(null)|undefined|" +
  "\u200b|\ufeffnull|-|--|.|n.a.|(blank)|#NV|#N/D|#SPILL!|#¡VALOR!|#BEZUG!"
).split("|");
const space = fc.constantFrom("", " ", "\t", "\u00a0 ");

describe("a song id", () => {
  it("is the integer in a cell, with any number of zeros and digits", () => {
    const zeros = fc.nat({ max: 5 }).map((count) => "0".repeat(count));
    const fraction = fc.constantFrom("", ".0", ".00", ".0000", ",0", ",00");
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 40n }),
        zeros,
        fraction,
        space,
        space,
        (number, leading, trailing, before, after) => {
          expect(readSongId(before + leading + String(number) + trailing + after, "numbers")).toBe(String(number));
        },
      ),
    );
  });

  it.each([
    ["0", "0"],
    ["000", "0"],
    ["-7", "-7"],
    ["-007.0", "-7"],
    ["-0", "0"],
    ["12.5", "12.5"],
    ["1e5", "1e5"],
    ["12.", "12."],
    ["1,00", "1"],
    ["1,5", "1,5"],
    ['="0103"', "103"],
    ['="a b"', "a b"],
    ["'103", "103"],
    ['"103"', "103"],
    ["'Heroes'", "'Heroes'"],
    ["\u200b1\u200e2\ufeff", "12"],
    ["a\u00adb", "ab"],
    ["１２．０", "12"],
    ["4e10", "4e10"],
    ["7_000", "7_000"],
    ["+7", "+7"],
    ["٣", "٣"],
    [" a b ", "a b"],
    ["%2f", "%2f"],
    ["??", "??"],
  ])("of %j is %j", (cell, id) => {
    expect(readSongId(cell, "numbers")).toBe(id);
  });

  it.each(missing)("is missing in %j", (cell) => {
    expect(readSongId(cell, "numbers")).toBeUndefined();
    expect(readSongId(cell, "text")).toBeUndefined();
  });

  it.each(["1.58292E+18", "1E+05", "-2,5e+20", "1.582920e-7", '="1.5E+18"', "1.58292E18", "1,5e9", "########"])(
    "lost digits in %j",
    (cell) => {
      expect(parseSongId(cell, "numbers")).toEqual({ problem: "lostDigits" });
    },
  );

  it.each([
    "12.000",
    "12,000",
    "1.234.567",
    "1,234,567",
    "1'234",
    "1\u202f234",
    "1 234",
    '"12,345"',
    "-1.000",
    "12,34,567",
    "1,234.00",
    "1.234,00",
  ])("is ambiguous in %j", (cell) => expect(parseSongId(cell, "numbers")).toEqual({ problem: "ambiguousNumber" }));

  it("is its own normal form", () => {
    const part = fc.constantFrom("=", '"', "'", "0", "12", ".", ",000", ".0", " ", "\u200b", "e+5", "a", "nan", "-");
    fc.assert(
      fc.property(fc.array(part, { maxLength: 9 }), (parts) => {
        const id = normalizeSongId(parts.join(""), "numbers");
        expect(normalizeSongId(id, "numbers")).toBe(id);
      }),
      { numRuns: 2000 },
    );
  });

  it("is the literal cell in text mode, with spaces and zeros", () => {
    for (const cell of ["007", "7.0", " 7 ", "-0", "a b ", "12,000", "1E+05", '="7"'])
      expect(readSongId(cell, "text")).toBe(cell);
  });
});

describe("song numbers", () => {
  it("distinguish 7, 07 and 007 in text mode only", () => {
    const [text, numbers] = [new SongNumbers("text"), new SongNumbers("numbers")];
    expect(["7", "07", "007", "7"].map((cell) => text.numberOf(cell))).toEqual([0, 1, 2, 0]);
    expect(["007", "7", "07", "7.0"].map((cell) => numbers.numberOf(cell))).toEqual([0, 0, 0, 0]);
  });

  it("are equal for two cells if and only if their ids are", () => {
    const cell = fc.oneof(
      fc.integer({ min: 0, max: 1_100_000 }).map(String),
      fc.tuple(space, fc.integer({ min: 0, max: 20 }), fc.constantFrom("", ".0"), space).map((parts) => parts.join("")),
      fc.constantFrom("?", "", "nan", "00", "007", "999999", "1000000", "__proto__", "constructor", "toString"),
      fc.string(),
    );
    fc.assert(
      fc.property(
        fc.array(cell, { maxLength: 60 }),
        fc.constantFrom("numbers" as const, "text" as const),
        (cells, mode) => {
          const numbers = new SongNumbers(mode);
          const given = cells.map((text) => numbers.numberOf(text));
          expect(given.map((number) => numbers.ids[number])).toEqual(cells.map((text) => readSongId(text, mode)));
          expect(given.filter((number) => idProblem(number) !== undefined)).toHaveLength(
            cells.filter((text) => readSongId(text, mode) === undefined).length,
          );
          expect(numbers.ids).toEqual([...new Set(cells.flatMap((text) => readSongId(text, mode) ?? []))]);
        },
      ),
    );
  });
});
