import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeCell, escapeId, unescapeId } from "../../../src/model/interchange/id-escapes.ts";

const specialTexts = fc.constantFrom(
  "%",
  "%2",
  "%20",
  "%25",
  "%uD800",
  "%ud",
  " ",
  "\n",
  "\t",
  "\0",
  "\u00a0",
  "\u2028",
  "\u3000",
  "\ufeff",
  "\ud83c",
  "\ud800",
  "🎵",
  "__proto__",
  "é",
  "\x85",
  "\x1c",
);
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(specialTexts).map((parts) => parts.join("")),
  fc.array(fc.nat(0xffff)).map((codes) => String.fromCharCode(...codes)),
);

describe("an escaped id", () => {
  it.each([
    ["two words", "two%20words"],
    ["100 %", "100%20%"],
    ["100%20", "100%2520"],
    ["a\nb\tc", "a%0Ab%09c"],
    ["wide\u3000blank", "wide%E3%80%80blank"],
    ["\ud800", "%uD800"],
    ['노래🎵é/\\"%', '노래🎵é/\\"%'],
    ["__proto__", "__proto__"],
  ])("of %j is %j", (id, escaped) => {
    expect(escapeId(id)).toBe(escaped);
    expect(unescapeId(escaped)).toBe(id);
  });

  it("restores any id, and is valid UTF-8 without whitespace", () => {
    fc.assert(
      fc.property(anyText, (id) => {
        const escaped = escapeId(id);
        expect(escaped).not.toMatch(/[\s\p{White_Space}\p{Cc}]/u);
        expect(escaped.isWellFormed()).toBe(true);
        expect(unescapeId(escaped)).toBe(id);
      }),
      { numRuns: 2000 },
    );
  });

  it("leaves text unchanged that is not a valid escape", () => {
    for (const text of ["%E9", "%zz", "%", "%C3", "%uABCD", "50%"]) expect(unescapeId(text)).toBe(text);
  });
});

describe("a cell", () => {
  it.each([
    ["=1+1", "'=1+1"],
    ["+49", "'+49"],
    ["-2", "'-2"],
    ["@home", "'@home"],
    ["'quoted", "''quoted"],
    ["a=b", "a=b"],
    ["two words", "two words"],
    ["tab\tline\n", "tab%09line%0A"],
  ])("%j is written as %j", (text, cell) => {
    expect(escapeCell(text)).toBe(cell);
  });

  it("has no tab or line end, and never starts a formula", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(escapeCell(text)).toMatch(/^(?![=+\-@])[^\t\n\r\u2028\u2029\x85]*$/);
      }),
      { numRuns: 1000 },
    );
  });
});
