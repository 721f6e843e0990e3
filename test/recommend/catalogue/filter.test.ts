import { describe, expect, it } from "vitest";
import { yieldEvery } from "../../../src/model/yield.ts";
import { createCatalogueFilter, type Filter } from "../../../src/recommend/catalogue/filter.ts";
import { hasBit } from "../../../src/recommend/catalogue/mask.ts";

const songs = [
  { id: "a", count: 9, title: "One", artist: "Beyoncé", columns: { genre: "Pop", year: "1999", key: "C#" } },
  {
    id: "b",
    count: 8,
    title: "Two",
    artist: "BEYONCE",
    columns: { genre: "R&B", year: "1999.0", key: "c", loudness: "-5" },
  },
  {
    id: "c",
    count: 7,
    title: "One",
    artist: "!!!",
    columns: Object.fromEntries([
      ["__proto__", "hostile"],
      ["genre", "pop"],
      ["loudness", "5.00"],
      ["year", "1999.5"],
    ]),
  },
  { id: "d", count: 6 },
  { id: "e", count: 5, title: "Don’t", artist: "AC/DC", columns: { key: "C♯", year: "2001" } },
  { id: "f", count: 4, title: "Dakuten", artist: "ガガ", columns: { genre: "Türkçe Müziği", year: "1e3" } },
  { id: "g", count: 3, title: "Dakuten", artist: "カカ", columns: { genre: "Turkce Muzigi", year: "0007" } },
  { id: "h", count: 2, title: "…", artist: "R.E.M." },
  { id: "i", count: 1, title: "2.0", artist: "P!nk" },
];
const model = {
  songs: Object.assign([...songs], { at: (row: number) => songs[row] }),
  manifest: { columns: ["genre", "year", "__proto__", "key", "loudness"] },
};

async function passing(filter: Filter): Promise<string> {
  const mask = await createCatalogueFilter(model).mask(filter);
  for (const [row, song] of songs.entries()) expect(mask.has(song), song.id).toBe(hasBit(mask.bits, row));
  return songs
    .filter((_, row) => !hasBit(mask.bits, row))
    .map(({ id }) => id)
    .join("");
}

describe("a filter of the catalogue", () => {
  it.each<[string, Filter, string]>([
    ["all songs without conditions", {}, "abcdefghi"],
    ["a value", { genre: ["Pop"] }, "ac"],
    ["any of several values", { genre: ["pop", "r&b"] }, "abc"],
    ["values of other columns exactly", { genre: ["r & b", "po p", "turkce müziği"] }, ""],
    ["values of other columns without case", { genre: ["TÜRKÇE MÜZİĞİ"] }, "f"],
    ["values with symbols", { key: ["C#"] }, "a"],
    ["values that others with symbols contain", { key: [" C "] }, "b"],
    ["negative numbers", { loudness: ["-5"] }, "b"],
    ["positive numbers", { loudness: ["5"] }, "c"],
    ["numbers in any form", { year: ["1999"] }, "ab"],
    ["numbers with fractions", { year: ["+01999.00", "7.0"] }, "abg"],
    ["no parts of numbers", { year: ["1999,5", "19995", "1000"] }, ""],
    ["words of letters with other marks", { artist: ["ガガ"] }, "f"],
    ["half-width letters", { artist: ["ｶｶ"] }, "g"],
    ["abbreviations", { artist: ["rem"] }, "h"],
    ["abbreviations of single letters", { artist: ["r e m"] }, "h"],
    ["words with or without marks inside", { artist: ["acdc", "pink"] }, "ei"],
    ["the parts of words", { artist: ["ac dc", "p nk"], "-title": ["20"] }, "ei"],
    ["apostrophes", { title: ["dont"] }, "e"],
    ["titles of punctuation", { title: ["..."] }, "h"],
    ["whole values only", { genre: ["po"] }, ""],
    ["values without case and accents", { artist: ["beyonce"] }, "ab"],
    ["names without words", { artist: ["!!!"] }, "c"],
    ["every column at once", { genre: ["pop"], title: ["one"], year: ["1999"] }, "a"],
    ["none of some values", { "-artist": ["Beyoncé", "!!!", "ACDC", "カカ", "R. E. M.", "P!nk"] }, "df"],
    ["both kinds of conditions", { title: ["One"], "-genre": ["rock"], "-year": ["1999"] }, "c"],
    ["hostile column names", Object.fromEntries([["__proto__", ["hostile"]]]), "c"],
  ])("selects %s", async (_, filter, expected) => {
    expect(await passing(filter)).toBe(expected);
  });

  it("is rejected for an unknown column, which the error names", async () => {
    for (const column of ["genres", "-genres"]) {
      await expect(passing({ [column]: ["pop"] })).rejects.toMatchObject({
        code: "UNKNOWN_COLUMN",
        status: 400,
        message:
          'Column "genres" not found in the catalogue. Columns: "title", "artist", "genre", "year", "__proto__", "key", "loudness".',
      });
    }
  });

  it("reads a column once, and yields to the event loop", async () => {
    let read = 0;
    const many = Array.from({ length: 500 }, (_, row) => ({ id: `${row}`, count: 1, artist: `${row % 7}` }));
    const counted = {
      length: many.length,
      at: (row: number) => many[row],
      *[Symbol.iterator]() {
        for (const song of many) {
          read++;
          yield song;
        }
      },
    };
    const filter = createCatalogueFilter({ songs: counted, manifest: model.manifest });
    let rounds = 0;
    const countRound = () => {
      rounds += 1;
      immediate = setImmediate(countRound);
    };
    let immediate = setImmediate(countRound);
    const masks = await Promise.all([
      filter.mask({ artist: ["3"] }, yieldEvery(0)),
      filter.mask({ artist: ["3"] }, yieldEvery(0)),
    ]);
    clearImmediate(immediate);
    expect(masks[0]?.bits).toEqual(masks[1]?.bits);
    expect(read).toBe(500);
    expect(rounds).toBeGreaterThan(400);
  });
});
