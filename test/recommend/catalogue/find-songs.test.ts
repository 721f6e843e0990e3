import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { yieldEvery } from "../../../src/model/yield.ts";
import { createSongFinder } from "../../../src/recommend/catalogue/find-songs.ts";
import { runs } from "../../helpers/fault-form.ts";
import { loadedModel } from "../../model/small-models.ts";

type Names = readonly [id: string, title?: string, artist?: string];

async function finderOf(names: readonly Names[]) {
  const songs = names.map(([id, title, artist], row) => ({
    id,
    count: names.length - row,
    ...(title && { title }),
    ...(artist && { artist }),
  }));
  const model = await loadedModel({ songs, input: songs.map(() => [1]) });
  const finder = await createSongFinder(model);
  return {
    finder,
    find: async (query: string, limit = 10) => (await finder.find(query, limit)).map((row) => names[row]?.[0]),
  };
}

const names: Names[] = [
  ["10", "Déjà Vu", "Beyoncé"],
  ["11", "Smells Like Teen Spirit", "Nirvana"],
  ["12", "Back in Black", "AC/DC"],
  ["13", "Black", "Pearl Jam"],
  ["14", "Blackbird", "The Beatles"],
  ["15", "봄날", "방탄소년단"],
  ["16", "MOTHER (STRAẞE)", "Ｗide"],
  ["100"],
  ["black"],
  ["🎵 song", "100 Years"],
  ["__proto__", "", "Half-Life"],
  ["20", "Heart and Soul", "!!!"],
  ["21", "Don’t Go", "R.E.M."],
  ["22", "?", "S.E.S."],
  ["25", "96 Tears", "* and the Stars"],
  ["23", "ガガ", "+/- {Plus/Minus}"],
  ["24", "…", "Ry X"],
];

describe("songs are found", () => {
  it.each([
    ["by the prefix of a word, the most played first", "black", ["black", "12", "13", "14"]],
    ["by several words in any order", "jam bla", ["13"]],
    ["by title and artist at once", "back acdc", ["12"]],
    ["by words that punctuation separates", "ac dc", ["12"]],
    ["without case and accents", "BEYONCE deja", ["10"]],
    ["with accents that the name lacks", "nirvána", ["11"]],
    ["in other scripts", "방탄", ["15"]],
    ["by a syllable that is being typed", "방타", ["15"]],
    ["by letters with their marks", "ガ", ["23"]],
    ["never by letters without their marks", "カ", []],
    ["by an abbreviation", "rem", ["21"]],
    ["by an abbreviation with marks", "r.e.m", ["21"]],
    ["by an abbreviation as single letters", "r e m", ["21"]],
    ["by single letters between others", "s e s", ["22"]],
    ["without apostrophes", "dont", ["21"]],
    ["with apostrophes", "don't go", ["21"]],
    ["by the name of a band without letters", "!!!", ["20"]],
    ["by full-width punctuation", "！！！", ["20"]],
    ["by symbols before other words", "+/-", ["23"]],
    ["by a title without letters", "?", ["22"]],
    ["by an ellipsis", "...", ["24"]],
    ["by punctuation before other words", "*", ["25"]],
    ["by an initial that a name has", "ry x", ["24"]],
    ["by full-width letters", "wide", ["16"]],
    ["by id, then by the prefix of an id", "10", ["10", "100", "🎵 song"]],
    ["by an emoji", "🎵", ["🎵 song"]],
    ["with ids that are JavaScript names", "__proto__", ["__proto__"]],
    ["by the second part of a name", "life", ["__proto__"]],
    ["never by the middle of a word", "ird", []],
    ["never by punctuation alone", "?!", []],
    ["never across the names of two songs", "nirvana back", []],
  ])("%s: %j", async (_, query, expected) => {
    expect(await (await finderOf(names)).find(query)).toEqual(expected);
  });

  it("up to the limit", async () => {
    const { find } = await finderOf(names);
    expect(await find("black", 2)).toEqual(["black", "12"]);
    expect(await find("black", 1)).toEqual(["black"]);
  });

  it("like by a check of each song, over many blocks", async () => {
    const word = fc.constantFrom("aa", "aab", "aabc", "bb", "bbc", "cc", "éé", "Zz");
    const name = fc.array(word, { minLength: 0, maxLength: 4 }).map((words) => words.join(" "));
    const fold = (text: string) => text.toLowerCase().replaceAll("é", "e").split(" ").filter(Boolean);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(name, name), { minLength: 1, maxLength: 60 }),
        fc.array(word, { minLength: 1, maxLength: 3 }),
        async (names, query) => {
          const filler = "x".repeat(9000);
          const list = names.map(([title, artist], row): Names => [`#${row} ${filler}`, title, artist]);
          const { find } = await finderOf(list);
          const matching = list.filter(([, title = "", artist = ""]) =>
            fold(query.join(" ")).every((word) => fold(`${title} ${artist}`).some((has) => has.startsWith(word))),
          );
          expect(await find(query.join(" "), 99)).toEqual(matching.map(([id]) => id));
        },
      ),
      { numRuns: runs(60) },
    );
  });

  it("and the search yields to the event loop", async () => {
    const { finder } = await finderOf(Array.from({ length: 300 }, (_, row): Names => [`${row}`, "y".repeat(5000)]));
    let rounds = 0;
    const countRound = () => {
      rounds += 1;
      immediate = setImmediate(countRound);
    };
    let immediate = setImmediate(countRound);
    expect(await finder.find("nothing", 1, yieldEvery(0))).toEqual([]);
    clearImmediate(immediate);
    expect(rounds).toBeGreaterThan(5);
  });
});
