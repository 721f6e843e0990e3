import { expect, it } from "vitest";
import { comparableCases } from "../../../src/training/pipeline/comparable-cases.ts";
import { splitStored } from "../../../src/training/pipeline/evaluated-version.ts";
import { loadedModel } from "../../model/small-models.ts";

type Playlist = readonly [key: number, songs: string, held: number];

/** A model with a song for each letter, and playlists of them. */
async function versionOf(letters: string, playlists: readonly Playlist[]) {
  const lists = playlists.map(([, songs]) => Array.from(songs, (song) => letters.indexOf(song)));
  const offsets = new Uint32Array(lists.length + 1);
  for (const [i, { length }] of lists.entries()) offsets[i + 1] = (offsets[i] ?? 0) + length;
  return {
    model: await loadedModel({
      songs: Array.from(letters, (id) => ({ id, count: 1 })),
      input: Array.from(letters, (_, row) => [row, 1]),
    }),
    split: splitStored({
      rows: Uint32Array.from(lists.flat()),
      offsets,
      held: Uint32Array.from(playlists, ([, , held]) => held),
      keys: Uint32Array.from(playlists, ([key]) => key),
    }),
  };
}

it("the playlists that one version held out and the other did not train on are cases in the rows of both", async () => {
  const candidate = await versionOf("abcdef", [
    [1, "ab", 1], // too short
    [2, "abcab", 1], // its end repeats a song
    [3, "fcbda", 1],
    [4, "abcd", 1], // the active version trained on it
    [5, "abce", 1], // the active version held it out too
    [6, "abcf", 0],
    [8, "bcb", 3], // held out as a whole: next songs
    [9, "ac", 2], // the active version trained on it
  ]);
  const active = await versionOf("fedcba", [
    [4, "abcd", 0],
    [5, "abce", 1],
    [6, "abcf", 1], // the candidate trained on it
    [7, "dbbac", 2],
    [9, "ac", 0],
    [10, "ab", 2],
  ]);
  const { cases, nextSongs } = comparableCases(candidate, active);
  const name = (letters: string, rows: Iterable<number>) => Array.from(rows, (row) => letters[row] ?? "?").join("");
  expect(
    cases.map((pair) =>
      pair.map(({ query, truth }, i) => ["abcdef", "fedcba"].map((of) => `${name(of, query)}>${name(of, truth)}`)[i]),
    ),
  ).toEqual([
    ["fcbd>a", "fcbd>a"],
    ["abc>e", "abc>e"],
    ["db>ac", "db>ac"],
  ]);
  expect(nextSongs.map(([{ history, next }]) => `${name("abcdef", history)}>${name("abcdef", [next])}`)).toEqual([
    "b>c",
    "bc>b",
    "a>b",
  ]);
});

it("unknown songs stay in next songs, as misses", async () => {
  const { nextSongs } = comparableCases(await versionOf("ab", [[1, "aba", 3]]), await versionOf("b", []));
  expect(nextSongs).toEqual([
    [
      { history: [0], next: 1 },
      { history: [-1], next: 0 },
    ],
    [
      { history: [0, 1], next: 0 },
      { history: [-1, 0], next: -1 },
    ],
  ]);
});
