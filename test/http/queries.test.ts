import { beforeAll, describe, expect, it } from "vitest";
import { createTrainedService, type TestService, useStyledService } from "../helpers/service.ts";

const sample = useStyledService();

interface Item {
  readonly songId: string;
  readonly cosine: number | null;
}
const get = async (url: string) => (await sample().app.inject(url)).json();
const post = async (url: string, payload: object) =>
  (await sample().app.inject({ method: "POST", url, payload })).json();

describe("GET /v1/songs/{songId}/path/{otherId}", () => {
  it("connects two styles, with steps that are more similar than the ends", async () => {
    const [from = "", to = ""] = [sample().songsOf("ambient")[0], sample().songsOf("disco")[0]];
    const path = await get(`/v1/songs/${from}/path/${to}?length=6`);
    const ids = path.items.map(({ songId }: Item) => songId);
    expect(ids).toHaveLength(8);
    expect([ids[0], ids.at(-1)]).toEqual([from, to]);
    expect(new Set(ids).size).toBe(8);
    expect(path.direct).toBeLessThan(0.2);
    expect(path.weakest).toBeGreaterThan(path.direct + 0.15);
    expect(["ambient", "downtempo"]).toContain(sample().styleOf(ids[1])); // the style next to ambient
    expect(["house", "disco"]).toContain(sample().styleOf(ids[6])); // the style next to disco
  });

  it.each([
    ["/v1/songs/nobody/path/10001", 404, "SONG_NOT_FOUND"],
    ["/v1/songs/10001/path/nobody", 404, "SONG_NOT_FOUND"],
    ["/v1/songs/10001/path/10002?length=0", 400, "VALIDATION_FAILED"],
    ["/v1/songs/10001/path/10002?length=21", 400, "VALIDATION_FAILED"],
  ])("%s is %i", async (url, status, code) => {
    expect(await get(url)).toMatchObject({ status, code });
  });
});

describe("POST /v1/playlists/check", () => {
  it("finds the song that does not fit a playlist of one style", async () => {
    for (const [style, other] of [
      ["jazz", "rock"],
      ["country", "house"],
      ["disco", "folk"],
    ] as const) {
      const [intruder = ""] = sample().songsOf(other);
      const songs = sample().songsOf(style).slice(0, 8).toSpliced(4, 0, intruder);
      expect(songs, `${style} and ${other}`).toHaveLength(9);
      const result = await post("/v1/playlists/check", { songs: [...songs, "nobody"] });
      expect(result, `${style} and ${other}`).toMatchObject({ oddOnesOut: [intruder], unknownSongs: ["nobody"] });
      expect(result.cohesion).toBeGreaterThan(0.1);
    }
  });

  it("reports a low cohesion for songs of all styles", async () => {
    const songs = ["ambient", "house", "country", "jazz", "folk", "rock", "disco", "downtempo"].map(
      (style) => sample().songsOf(style)[3],
    );
    const { cohesion, oddOnesOut } = await post("/v1/playlists/check", { songs });
    expect(oddOnesOut).toEqual([]);
    expect(Math.abs(cohesion)).toBeLessThan(0.1);
  });

  it.each([[{}], [{ songs: [] }], [{ songs: [7] }], [{ songs: ["1"], limit: 3 }]])("rejects %j", async (body) => {
    expect(await post("/v1/playlists/check", body)).toMatchObject({ status: 400, code: "VALIDATION_FAILED" });
  });
});

describe("POST /v1/recommendations with groups", () => {
  interface Shared {
    readonly songId: string;
    readonly score: number;
    readonly groups: { group: number; score: number; share: number }[];
  }
  const recommendForGroups = async (
    body: object,
  ): Promise<{ items: Shared[]; unknownSongs: string[]; fallback: string | null; code?: string }> =>
    post("/v1/recommendations", body);
  const [jazz, rock] = [() => sample().songsOf("jazz").slice(0, 4), () => sample().songsOf("rock").slice(0, 4)];

  it("returns songs for both groups, with their share in each song", async () => {
    const { items } = await recommendForGroups({ groups: [jazz(), rock()], limit: 40 });
    expect(items).toHaveLength(40);
    const styles = new Set(items.map(({ songId }) => sample().styleOf(songId)));
    expect([styles.has("jazz"), styles.has("rock")]).toEqual([true, true]);
    for (const {
      songId,
      score,
      groups: [first, second],
    } of items) {
      expect((first?.share ?? 0) + (second?.share ?? 0)).toBeCloseTo(1, 5);
      expect(score).toBeCloseTo(((first?.score ?? 0) + (second?.score ?? 0)) / 2, 5);
      if (sample().styleOf(songId) === "jazz") expect(first?.share).toBeGreaterThan(0.5);
      if (sample().styleOf(songId) === "rock") expect(second?.share).toBeGreaterThan(0.5);
    }
  });

  it("weights a long and a short playlist equally", async () => {
    const { items } = await recommendForGroups({
      groups: [sample().songsOf("jazz").slice(0, 20), rock().slice(0, 1)],
      limit: 20,
    });
    const forTheShort = items.filter(({ groups: [, short] }) => (short?.share ?? 0) > 0.5).length;
    expect(forTheShort).toBeGreaterThanOrEqual(7);
    expect(forTheShort).toBeLessThanOrEqual(13);
  });

  it("with leastMisery starts with a song that suits the less satisfied group better than with mean", async () => {
    const worse = ({ items: [first] }: { items: Shared[] }) =>
      Math.min(...(first?.groups ?? []).map(({ score }) => score));
    const [mean, least] = [
      await recommendForGroups({ groups: [jazz(), rock()], strategy: "similarity" }),
      await recommendForGroups({ groups: [jazz(), rock()], strategy: "similarity", aggregation: "leastMisery" }),
    ];
    expect(worse(least)).toBeGreaterThanOrEqual(worse(mean));
    expect(least.items[0]?.score).toBeCloseTo(worse(least), 5);
  });

  it("ignores groups without known songs, and applies all options", async () => {
    const result = await recommendForGroups({
      groups: [["nobody"], jazz(), rock()],
      exclude: sample().songsOf("jazz").slice(4, 9),
      dislikes: ["nobody else"],
      limit: 1000,
    });
    expect(result.unknownSongs).toEqual(["nobody"]);
    expect(new Set(result.items.flatMap(({ groups }) => groups.map(({ group }) => group)))).toEqual(new Set([1, 2]));
    const songIds = new Set(result.items.map(({ songId }) => songId));
    expect(songIds.intersection(new Set([...jazz(), ...rock(), ...sample().songsOf("jazz").slice(4, 9)])).size).toBe(0);
    expect(songIds.size).toBe((sample().service.activeModel.current()?.model.songs.length ?? 0) - 13);
    expect(await recommendForGroups({ groups: [["nobody"]], limit: 3 })).toMatchObject({
      fallback: "popular",
      items: [{ groups: [] }, { groups: [] }, { groups: [] }],
    });
  });

  it.each([
    [{ songs: ["1", 7] }, "songs.1", 'must be the id of a song as text, or {"songId": id, "weight": number}'],
    [{ songs: [{ id: "7" }] }, "songs.0", 'must be the id of a song as text, or {"songId": id, "weight": number}'],
    [
      { groups: [["1"], [null]] },
      "groups.1.0",
      'must be the id of a song as text, or {"songId": id, "weight": number}',
    ],
    [{ songs: [{ songId: "7", weight: 1001 }] }, "songs.0.weight", "Too big: expected number to be <=1000"],
  ])("says what %j should be", async (body, path, message) => {
    expect(await post("/v1/recommendations", body)).toMatchObject({
      code: "VALIDATION_FAILED",
      errors: [{ path, message }],
    });
  });

  it.each([
    [{}],
    [{ songs: ["1"], groups: [["2"]] }],
    [{ songs: ["1"], aggregation: "mean" }],
    [{ aggregation: "mean" }],
  ])("rejects %j", async (body) => {
    expect(await recommendForGroups(body)).toMatchObject({ status: 400, code: "BAD_REQUEST" });
  });

  it.each([[{ groups: [] }], [{ groups: [[]] }], [{ groups: [["1"]], aggregation: "median" }]])(
    "rejects %j",
    async (body) => {
      expect(await recommendForGroups(body)).toMatchObject({ status: 400, code: "VALIDATION_FAILED" });
    },
  );
});

describe("a song of the catalogue without plays", () => {
  it("is represented by songs of its artist, and is listed in `borrowed`", async () => {
    const { items, ...result } = await post("/v1/recommendations", { songs: ["unplayed jazz", "nobody"], limit: 10 });
    expect(result).toMatchObject({
      unknownSongs: ["nobody"],
      borrowed: [{ songId: "unplayed jazz", artist: expect.any(String) }],
      fallback: null,
    });
    expect(items.filter(({ songId }: Item) => sample().styleOf(songId) === "jazz").length).toBeGreaterThanOrEqual(5);
  });

  it("is not returned", async () => {
    expect(await get("/v1/songs/unplayed%20jazz")).toMatchObject({ status: 404 });
  });
});

/** Its training playlists have repeats. */
let trained: TestService;
const test = () => trained;
beforeAll(async () => {
  trained = await createTrainedService();
  return () => trained.close();
});

describe("repeats in POST /v1/recommendations", () => {
  it("are recommended with allow only, whatever was cached before", async () => {
    const { app } = test();
    const songs = ["1", "2", "1", "3"];
    const recommended = async (body: object) => {
      const response = await app.inject({
        method: "POST",
        url: "/v1/recommendations",
        payload: { songs, limit: 20, ...body },
      });
      return response.json().items.filter(({ songId }: Item) => songs.includes(songId));
    };
    for (const repeats of ["exclude", "allow", "exclude", "allow"]) {
      const found = await recommended({ repeats });
      expect(found.map(({ playedAgo }: { playedAgo: number }) => playedAgo).toSorted()).toEqual(
        repeats === "allow" ? [1, 2, 3] : [],
      );
    }
    const [{ because }] = await recommended({ repeats: "allow", explain: true, candidates: ["2"] });
    expect(because).toContainEqual(expect.objectContaining({ songId: "2", playedAgo: 3, text: "played 3 songs ago" }));
    expect(await recommended({})).toEqual([]);
    expect((await app.inject("/v1/songs/1/similar?limit=20")).json().items).not.toContainEqual(
      expect.objectContaining({ songId: "1" }),
    );
    await app.inject({ method: "PUT", url: "/v1/playlists/mine", payload: { songs } });
    const stored = (await app.inject("/v1/playlists/mine/recommendations?repeats=allow&limit=20")).json().items;
    expect(stored.filter(({ songId }: Item) => songs.includes(songId))).toHaveLength(3);
    const batch = await app.inject({
      method: "POST",
      url: "/v1/recommendations/batch",
      payload: { requests: [{ songs, repeats: "allow" }, { songs }, { songs, repeats: "maybe" }] },
    });
    const [allow, exclude, invalid] = batch.json().results;
    expect([
      allow.items.some(({ songId }: Item) => songs.includes(songId)),
      exclude.items.some(({ songId }: Item) => songs.includes(songId)),
      invalid.status,
    ]).toEqual([true, false, 400]);
  });
});
