import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { yieldEvery } from "../../../src/model/yield.ts";
import { createSongFinder } from "../../../src/recommend/catalogue/find-songs.ts";
import { runs } from "../../helpers/figures.ts";
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

const shelf: Names[] = [
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
];

describe("songs are found", () => {
  it.each([
    ["by the beginning of a word, the most played first", "black", ["black", "12", "13", "14"]],
    ["by several words in any order", "jam bla", ["13"]],
    ["by title and artist at once", "back acdc", []],
    ["by parts of what punctuation parts", "ac dc", ["12"]],
    ["without case and accents", "BEYONCE deja", ["10"]],
    ["with accents that are not there", "nirvána", ["11"]],
    ["in other scripts", "방탄", ["15"]],
    ["by full-width letters", "wide", ["16"]],
    ["by their id, and then by the beginning of one", "10", ["10", "100", "🎵 song"]],
    ["by an emoji", "🎵", ["🎵 song"]],
    ["with ids that are names of JavaScript", "__proto__", ["__proto__"]],
    ["by the second part of a name", "life", ["__proto__"]],
    ["never by the middle of a word", "ird", []],
    ["never by nothing but punctuation", "?!", []],
    ["never across the names of two songs", "nirvana back", []],
  ])("%s: %j", async (_, query, expected) => {
    expect(await (await finderOf(shelf)).find(query)).toEqual(expected);
  });

  it("no more than wanted", async () => {
    const { find } = await finderOf(shelf);
    expect(await find("black", 2)).toEqual(["black", "12"]);
    expect(await find("black", 1)).toEqual(["black"]);
  });

  it("as a look at each song would find them, over many shelves", async () => {
    const word = fc.constantFrom("a", "ab", "abc", "b", "bc", "c", "é", "Z");
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
            fold(query.join(" ")).every((asked) => fold(`${title} ${artist}`).some((has) => has.startsWith(asked))),
          );
          expect(await find(query.join(" "), 99)).toEqual(matching.map(([id]) => id));
        },
      ),
      { numRuns: runs(60) },
    );
  });

  it("in slices between which the event loop turns", async () => {
    const { finder } = await finderOf(Array.from({ length: 300 }, (_, row): Names => [`${row}`, "y".repeat(5000)]));
    let turns = 0;
    const turn = () => {
      turns += 1;
      immediate = setImmediate(turn);
    };
    let immediate = setImmediate(turn);
    expect(await finder.find("nothing", 1, yieldEvery(0))).toEqual([]);
    clearImmediate(immediate);
    expect(turns).toBeGreaterThan(5);
  });
});
