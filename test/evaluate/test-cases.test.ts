import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { buildNextSongs, buildTestCases } from "../../src/evaluate/test-cases.ts";

const songs = (count: number, first = 0) => Array.from({ length: count }, (_, i) => `${first + i}`);

describe("test cases", () => {
  it("have the last fifth of each playlist as truth, at least one song", () => {
    expect(buildTestCases(new Map([["a", songs(10)]]), undefined, 9)).toEqual([
      { query: songs(8), truth: new Set(["8", "9"]) },
    ]);
    expect(buildTestCases(new Map([["a", songs(4)]]), undefined, 9)).toEqual([
      { query: songs(3), truth: new Set(["3"]) },
    ]);
  });

  it("exclude short playlists, and those whose end repeats earlier songs", () => {
    expect(
      buildTestCases(
        new Map([
          ["a", songs(3)],
          ["b", ["1", "2", "3", "1"]],
        ]),
        undefined,
        9,
      ),
    ).toEqual([]);
  });

  it("with heads have the complete playlist as truth, without songs of the head", () => {
    const heads = new Map([["a", ["1", "2", "2"]]]);
    expect(
      buildTestCases(
        new Map([
          ["a", ["2", "3"]],
          ["b", ["4", "5", "6", "7"]],
        ]),
        heads,
        9,
      ),
    ).toEqual([{ query: ["1", "2", "2"], truth: new Set(["3"]) }]);
  });

  it("are the first by the CRC-32 of the playlist id", () => {
    const ids = songs(50);
    const lists = new Map(ids.map((id) => [id, [`${id}x`, "1", "2", "3", "4"]]));
    const first = ids.toSorted((a, b) => crc32(a) - crc32(b)).slice(0, 7);
    expect(buildTestCases(lists, undefined, 7).map(({ query }) => query[0])).toEqual(first.map((id) => `${id}x`));
  });
});

describe("next songs of test playlists", () => {
  const test = new Map([
    ["a", ["1", "2", "1"]],
    ["b", ["3"]],
  ]);

  it.each([
    [undefined, ["1>2", "1,2>1"]],
    [new Map([["b", ["4", "4"]]]), ["1>2", "1,2>1", "4,4>3"]],
  ])("follow every beginning, repeats included, with heads %j", (heads, expected) => {
    const cases = buildNextSongs(test, heads, 9);
    expect(cases.map(({ history, next }) => `${history.join()}>${next}`)).toEqual(expected);
    expect(buildNextSongs(test, heads, 1)).toEqual(cases.slice(0, 1));
  });
});
