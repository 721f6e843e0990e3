import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTextCache } from "../../src/http/text-cache.ts";

const kib = 1024;
const long = (key: string, length: number) => key.repeat(Math.ceil(length / key.length)).slice(0, length);

describe("a cache of texts", () => {
  it("gives the newest text of a key or none, whatever comes in, and what came in last in any case", () => {
    const latin1 = fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
      maxLength: 300,
    });
    const utf8 = fc.string({ unit: "grapheme", maxLength: 200 });
    const keys = (texts: fc.Arbitrary<string>) => fc.oneof(fc.constantFrom("", "a", "b", "ab", "/v1/songs/3"), texts);
    const entries = (texts: fc.Arbitrary<string>) =>
      fc.array(
        fc.record({ key: keys(texts), text: texts, times: fc.constantFrom(1, 1, 1, 1, 40), wanted: keys(texts) }),
        { maxLength: 200 },
      );
    for (const [encoding, texts] of [
      ["latin1", latin1],
      ["utf8", utf8],
    ] as const) {
      fc.assert(
        fc.property(entries(texts), fc.nat(), (steps, clearedAt) => {
          const cache = createTextCache({ bytes: 16 * kib, encoding });
          const newest = new Map<string, string>();
          for (const [i, { key, text: part, times, wanted }] of steps.entries()) {
            const text = part.repeat(times);
            const isLarge = 8 + Buffer.byteLength(key + text, encoding) > 2 * kib;
            if (i === clearedAt % 300) {
              cache.clear();
              newest.clear();
            }
            cache.set(key, text);
            newest.set(key, text);
            expect(cache.get(key)).toBe(isLarge ? undefined : text);
            expect([undefined, newest.get(wanted)]).toContain(cache.get(wanted));
          }
          for (const [key, text] of newest) expect([undefined, text]).toContain(cache.get(key));
        }),
      );
    }
  });

  it("keeps as much as it has room for, and lets the oldest go", () => {
    const cache = createTextCache({ bytes: 1024 * kib, encoding: "latin1" });
    const texts = Array.from({ length: 5000 }, (_, i) => [`song ${i}`, long(`${i} `, 500)] as const);
    for (const [key, text] of texts) cache.set(key, text);
    const kept = texts
      .map(([key, text], i) => [i, cache.get(key), text] as const)
      .filter(([, found]) => found !== undefined);
    for (const [, found, text] of kept) expect(found).toBe(text);
    expect(kept[0]?.[0]).toBeGreaterThan(2500);
    expect(kept.length).toBeGreaterThan(1900);
    expect(kept.length * 520).toBeLessThan(1024 * kib);
  });

  it("keeps what is asked for again and again", () => {
    const cache = createTextCache({ bytes: 64 * kib, encoding: "latin1" });
    cache.set("popular", long("much asked ", 500));
    cache.set("once", "asked once");
    for (let i = 0; i < 5000; i++) {
      cache.set(`song ${i}`, long(`${i} `, 500));
      if (i % 20 === 0) expect(cache.get("popular")).toBe(long("much asked ", 500));
    }
    expect(cache.get("once")).toBeUndefined();
  });

  it("forgets all of them at once, and keeps anew", () => {
    const cache = createTextCache({ bytes: 64 * kib, encoding: "utf8" });
    for (let i = 0; i < 500; i++) cache.set(`song ${i}`, `노래 ${i}`);
    expect(cache.get("song 499")).toBe("노래 499");
    cache.clear();
    for (let i = 0; i < 500; i++) expect(cache.get(`song ${i}`)).toBeUndefined();
    cache.set("song 1", "another");
    expect(cache.get("song 1")).toBe("another");
  });

  it("leaves what would take up much of it, and goes on", () => {
    const cache = createTextCache({ bytes: 16 * kib, encoding: "latin1" });
    cache.set("small", "text");
    cache.set("large", long("x", 4 * kib));
    cache.set(long("key", 4 * kib), "text");
    expect([cache.get("small"), cache.get("large"), cache.get(long("key", 4 * kib))]).toEqual([
      "text",
      undefined,
      undefined,
    ]);
    cache.set("small", long("x", 4 * kib));
    expect(cache.get("small")).toBeUndefined();
  });
});
