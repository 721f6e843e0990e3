import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openVersions } from "../../src/model/format/versions.ts";
import { createTestService, type TestService } from "../helpers/service.ts";
import { publishModel } from "../model/small-models.ts";

const songs = (
  [
    ["101", "First", "Various Artists", { key: "C#", loudness: "-5", year: "1999" }],
    ["102", "Second", "여러 가수", { key: "C", loudness: "5", year: "1999.0" }],
    ["103", "Third", "V.A.", { year: "01999.00" }],
    ["104", "Wall (Part 1, Live)", "R.E.M.", { year: "1.5" }],
    ["105", "Wall (Part 2, Live)", "R. E. M.", {}],
    ["106", "Wall (Part 2) - Remastered 2009", "REM", {}],
    ["107", "ガ", "ガガ", {}],
    ["108", "カ", "カカ", {}],
    ["109", "Heart", "!!!", {}],
    ["110", "?", "AC/DC", {}],
    ["111", "Sun", "Kinderchor", {}],
    ["112", "Moon", "kinderchor", {}],
  ] as const
).map(([id, title, artist, columns], row) => ({ id, title, artist, columns, count: 100 - row }));

let test: TestService;
beforeAll(async () => {
  test = await createTestService("", { COMPILATION_ARTISTS: "Orchestra, Kinderchor" });
  await publishModel(await openVersions(join(test.folder, "data/models")), {
    songs: [...songs, { id: "1", count: 1 }],
    input: [...songs, 1].map((_, row) => [1, row / 100]),
  });
  await test.service.begin();
});
afterAll(() => test.close());

const idsOf = async (response: Promise<{ json(): { items: { songId: string }[] } }>) =>
  (await response)
    .json()
    .items.map(({ songId }) => songId)
    .toSorted();
const find = (query: string) => idsOf(test.app.inject(`/v1/songs?query=${encodeURIComponent(query)}`));
const recommend = (options: object) =>
  idsOf(
    test.app.inject({ method: "POST", url: "/v1/recommendations", payload: { songs: ["1"], limit: 50, ...options } }),
  );

describe("the search and the filter of artists agree", () => {
  it.each([
    ["ガガ", ["107"]],
    ["カカ", ["108"]],
    ["REM", ["104", "105", "106"]],
    ["r.e.m", ["104", "105", "106"]],
    ["r e m", ["104", "105", "106"]],
    ["!!!", ["109"]],
    ["acdc", ["110"]],
    ["ac dc", ["110"]],
  ])("on %s", async (name, expected) => {
    expect(await find(name)).toEqual(expected);
    expect(await recommend({ filter: { artist: [name] } })).toEqual(expected);
  });
});

it("a title without letters is found", async () => {
  expect(await find("?")).toEqual(["110"]);
});

it.each([
  ["key", "c#", ["101"]],
  ["key", "C", ["102"]],
  ["loudness", "-5.0", ["101"]],
  ["loudness", "5", ["102"]],
  ["year", "1999", ["101", "102", "103"]],
  ["year", "15", []],
])("filter %s:%s compares exactly", async (column, value, expected) => {
  expect(await recommend({ filter: { [column]: [value] } })).toEqual(expected);
  const url = `/v1/songs/1/similar?filter=${column}:${encodeURIComponent(value)}`;
  expect(await idsOf(test.app.inject(url))).toEqual(expected);
});

it("versions of one part are one song, and two parts are two songs", async () => {
  const candidates = ["104", "105", "106"];
  const found = await recommend({ versions: "one", candidates });
  expect(found).toHaveLength(2);
  expect(found).toContain("104");
});

it("maxPerArtist does not limit compilations, built in or set", async () => {
  const found = await recommend({ maxPerArtist: 1 });
  expect(found).toEqual(expect.arrayContaining(["101", "102", "103", "111", "112"]));
  expect(found.filter((id) => ["104", "105", "106"].includes(id))).toHaveLength(1);
});
