import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTrainedService, type TestService } from "../helpers/service.ts";

let test: TestService;

beforeAll(async () => {
  test = await createTrainedService({ PRESET: "article" });
  await test.app.inject({ method: "PUT", url: "/v1/playlists/mine", payload: { songs: ["7", "8"] } });
});
afterAll(() => test.close());

const recommend = (body: object) =>
  test.app.inject({ method: "POST", url: "/v1/recommendations", payload: { songs: ["7", "8"], ...body } });
const similar = (query: string) => test.app.inject({ url: `/v1/songs/7/similar?${query}` });
const ofPlaylist = (query: string) => test.app.inject({ url: `/v1/playlists/mine/recommendations?${query}` });

interface TestResponse {
  readonly statusCode: number;
  json(): {
    items: {
      songId: string;
      score: number;
      artist?: string;
      because?: { songId: string; share: number; playlists: number }[];
    }[];
  };
}

function idsOf(response: TestResponse): string[] {
  expect(response.statusCode).toBe(200);
  return response.json().items.map(({ songId }) => songId);
}

/** The same options in a body and as query parameters. */
const requests: [string, (options: { body: object; query: string }) => Promise<TestResponse>][] = [
  ["POST /v1/recommendations", ({ body }) => recommend(body)],
  ["GET /v1/playlists/{playlistId}/recommendations", ({ query }) => ofPlaylist(query)],
  ["GET /v1/songs/{songId}/similar", ({ query }) => similar(query)],
];

describe.each(requests)("%s", (_, query) => {
  it("returns only songs that match a catalogue filter", async () => {
    const odd = idsOf(await query({ body: { filter: { genre: ["ODD"] } }, query: "filter=genre:ODD" }));
    expect(odd.toSorted()).toEqual(["1", "3", "5"]);
    const both = {
      body: { filter: { genre: ["odd", "even"], "-artist": ["quartet"] } },
      query: "filter=genre:odd&filter=genre:even&filter=-artist:quartet",
    };
    expect(idsOf(await query(both)).toSorted()).toEqual(["1", "2", "3"]);
    const unknown = await query({ body: { filter: { colour: ["red"] } }, query: "filter=colour:red" });
    expect(unknown.json()).toMatchObject({
      status: 400,
      code: "UNKNOWN_COLUMN",
      detail: 'Column "colour" not found in the catalogue. Columns: "title", "artist", "genre".',
    });
  });

  it("returns pages", async () => {
    const all = (await query({ body: { limit: 9 }, query: "limit=9" })).json().items;
    expect((await query({ body: { limit: 3, offset: 6 }, query: "limit=3&offset=6" })).json().items).toEqual(
      all.slice(6),
    );
  });

  it("limits the score, the versions of a song and the songs per artist", async () => {
    const all = (await query({ body: { limit: 23 }, query: "limit=23" })).json().items;
    const lowest = all[4]?.score ?? 0;
    expect(idsOf(await query({ body: { minScore: lowest, limit: 23 }, query: `minScore=${lowest}&limit=23` }))).toEqual(
      all.filter(({ score }) => score >= lowest).map(({ songId }) => songId),
    );
    const versions = idsOf(await query({ body: { versions: "one", limit: 23 }, query: "versions=one&limit=23" }));
    expect(versions.filter((songId) => songId === "1" || songId === "3")).toHaveLength(1);
    const { items } = (await query({ body: { maxPerArtist: 1, limit: 23 }, query: "maxPerArtist=1&limit=23" })).json();
    expect(items.flatMap(({ artist }) => artist ?? []).toSorted()).toEqual(["Quartet", "The Numbers"]);
  });

  it("increases the variety of the result with diversity", async () => {
    const groups = (ids: readonly string[]) => new Set(ids.map((id) => /^\d+$/.test(id))).size;
    expect([
      groups(idsOf(await query({ body: { limit: 4 }, query: "limit=4" }))),
      groups(idsOf(await query({ body: { limit: 4, diversity: 1 }, query: "limit=4&diversity=1" }))),
    ]).toEqual([1, 2]);
  });

  it.each([
    ["offset", -1],
    ["offset", 10_001],
    ["diversity", 1.01],
    ["diversity", -0.1],
    ["maxPerArtist", 0],
    ["versions", "few"],
    ["minScore", "low"],
  ])("refuses %s %s", async (option, value) => {
    const response = await query({ body: { [option]: value }, query: `${option}=${value}` });
    expect(response.json()).toMatchObject({ status: 400, code: "VALIDATION_FAILED", errors: [{ path: option }] });
  });
});

describe.each(requests.slice(0, 2))("%s", (_, query) => {
  it("ranks only the candidates", async () => {
    expect(
      idsOf(
        await query({
          body: { candidates: ["a/b", "4", "nobody"] },
          query: "candidates=a/b&candidates=4&candidates=nobody",
        }),
      ),
    ).toEqual(["4", "a/b"]);
  });

  it("favours popular or rare songs", async () => {
    const plays = async (popularity: number) => {
      const ids = idsOf(await query({ body: { popularity, limit: 5 }, query: `popularity=${popularity}&limit=5` }));
      const counts = await Promise.all(
        ids.map(async (id) => (await test.app.inject({ url: `/v1/songs/${encodeURIComponent(id)}` })).json().count),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    };
    expect(await plays(-1)).toBeLessThan(await plays(1));
    expect((await query({ body: { popularity: 2 }, query: "popularity=2" })).json()).toMatchObject({
      status: 400,
      errors: [{ path: "popularity" }],
    });
  });
});

describe("explain", () => {
  it.each(requests.slice(0, 2))("of %s lists the songs that contributed to each item", async (_, query) => {
    const { items } = (await query({ body: { explain: true, limit: 3 }, query: "explain=true&limit=3" })).json();
    for (const { because = [] } of items) {
      expect(because.map(({ songId }) => songId).toSorted()).toEqual(["7", "8"]);
      expect(because.every(({ playlists }) => playlists > 5)).toBe(true);
      expect(because.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    }
    expect((await query({ body: { limit: 3 }, query: "explain=false&limit=3" })).json().items).toEqual(
      items.map(({ because: _because, ...item }) => item),
    );
    expect((await query({ body: { explain: "yes" }, query: "explain=yes" })).json()).toMatchObject({
      status: 400,
      errors: [{ path: "explain" }],
    });
  });
});

describe("songs in a query", () => {
  it.each([
    ["", "exclude="],
    ["among others", "exclude=1&exclude="],
  ])("are refused where one is empty %s", async (_, query) => {
    expect((await similar(query)).json()).toMatchObject({
      status: 400,
      code: "VALIDATION_FAILED",
      errors: [{ path: expect.stringMatching(/^exclude/) }],
    });
  });

  it("are reported with the expected format", async () => {
    expect((await similar("exclude=")).json().errors).toEqual([
      { path: "exclude", message: "must be a song id, at most 10,000 times" },
    ]);
  });
});

describe("a filter", () => {
  it.each([
    ["no column", "filter=odd"],
    ["no value", "filter=genre:"],
  ])("in a query is rejected with %s", async (_, query) => {
    expect((await similar(query)).json()).toMatchObject({
      status: 400,
      code: "VALIDATION_FAILED",
      errors: [{ path: "filter" }],
    });
  });

  it("accepts any character in a value", async () => {
    expect(idsOf(await similar("filter=title:a:b"))).toEqual([]);
    expect(idsOf(await similar(`filter=title:${encodeURIComponent("one (LIVE)")}`))).toEqual(["3"]);
  });

  it("applies to the columns of the song", async () => {
    expect((await test.app.inject({ url: "/v1/songs/4" })).json()).toMatchObject({
      title: "Four",
      artist: "Quartet",
      columns: { genre: "Even" },
    });
  });
});
