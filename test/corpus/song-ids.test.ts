import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSongId } from "../../src/corpus/song-ids.ts";
import { missingSong, SongNumbers } from "../../src/corpus/song-numbers.ts";

const space = fc.constantFrom("", " ", "\t", "\u00a0 ");

describe("a song id", () => {
  it("is the integer in a cell, with any number of zeros and digits", () => {
    const zeros = fc.nat({ max: 5 }).map((count) => "0".repeat(count));
    const fraction = fc.nat({ max: 3 }).map((count) => (count === 0 ? "" : `.${"0".repeat(count)}`));
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
    ["1,000", "1,000"],
    ["+7", "+7"],
    ["٣", "٣"],
    [" a b ", "a b"],
    ["%2f", "%2f"],
    ["NAN", "NAN"],
    ["??", "??"],
  ])("of %j is %j", (cell, id) => {
    expect(readSongId(cell, "numbers")).toBe(id);
  });

  it.each(["", "  ", "?", " ? ", "nan", "NaN", "\tNaN "])("is missing in %j", (cell) => {
    expect(readSongId(cell, "numbers")).toBeUndefined();
    expect(readSongId(cell, "text")).toBeUndefined();
  });

  it("is the literal cell in text mode, with spaces and zeros", () => {
    for (const cell of ["007", "7.0", " 7 ", "-0", "a b "]) expect(readSongId(cell, "text")).toBe(cell);
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
          expect(given.filter((number) => number === missingSong)).toHaveLength(
            cells.filter((text) => readSongId(text, mode) === undefined).length,
          );
          expect(numbers.ids).toEqual([...new Set(cells.flatMap((text) => readSongId(text, mode) ?? []))]);
        },
      ),
    );
  });
});
