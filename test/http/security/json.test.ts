import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findExcess } from "../../../src/http/security/json.ts";

const excess = (text: string) => findExcess(Buffer.from(text));

describe("a JSON text", () => {
  it("of a usual kind is within the limits", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 20 }), (text) => excess(text) === undefined),
      { numRuns: 1000 },
    );
  });

  it("has at most 32 levels", () => {
    const deep = (depth: number) => `${'[{"a":'.repeat(depth / 2)}1${"}]".repeat(depth / 2)}`;
    expect(excess(deep(32))).toBeUndefined();
    expect(excess(deep(34))).toBe("more than 32 levels of nesting");
    expect(excess("[".repeat(1_000_000))).toBe("more than 32 levels of nesting");
  });

  it("has at most 20,000 values per list", () => {
    const list = (length: number) => JSON.stringify(Array(length).fill(0));
    expect(excess(`[${list(20_000)},${list(20_000)}]`)).toBeUndefined();
    expect(excess(`[[],${list(20_001)}]`)).toBe("more than 20,000 values in one list");
    expect(excess(JSON.stringify(Object.fromEntries(Array.from({ length: 20_001 }, (_, i) => [i, i]))))).toBe(
      "more than 20,000 values in one list",
    );
  });

  it("is not limited inside of strings, and may end anywhere", () => {
    const text = JSON.stringify({ '[[{"\\': ["[".repeat(100), "\\".repeat(99), '"'.repeat(99), ",".repeat(30_000)] });
    expect(excess(text)).toBeUndefined();
    for (let end = 0; end < 700; end++) expect(excess(text.slice(0, end))).toBeUndefined();
    expect(excess("]]]]}}}[1,2]")).toBeUndefined();
  });
});
