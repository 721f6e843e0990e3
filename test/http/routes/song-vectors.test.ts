import { describe, expect, it } from "vitest";
import { createDataDirectory } from "../../helpers/built-service.ts";
import { getJson, request } from "../../helpers/http.ts";
import { useStyledService } from "../../helpers/service.ts";

const sample = useStyledService();

interface Item {
  readonly songId: string;
  readonly provisional?: boolean;
}
const send = async (method: "GET" | "PUT" | "POST" | "DELETE", url: string, payload?: object) => {
  const { statusCode, body } = await sample().app.inject({ method, url, ...(payload && { payload }) });
  return { status: statusCode, json: body === "" ? null : JSON.parse(body) };
};
const itemsOf = async (songs: readonly string[], over: object = {}): Promise<Item[]> =>
  (await send("POST", "/v1/recommendations", { songs, ...over })).json.items;
const jazz = () => sample().songsOf("jazz");

describe("PUT /v1/songs/{songId}/vector", () => {
  it("adds a song at once: it is found, marked, and recommended for its style only", async () => {
    const [first = ""] = jazz();
    const before = await sample().app.inject(`/v1/songs/${first}/similar`);
    const { status, json } = await send("PUT", "/v1/songs/new-jazz/vector", {
      like: jazz().slice(0, 3),
      title: "Brand New Blues",
      artist: "The Newcomers",
    });
    expect([status, json]).toEqual([
      201,
      {
        modelVersion: 1,
        songId: "new-jazz",
        provisional: true,
        title: "Brand New Blues",
        artist: "The Newcomers",
        unknownSongs: [],
        references: jazz()
          .slice(0, 3)
          .map((songId) => ({ songId, weight: 1 / 3 })),
      },
    ]);
    expect((await send("GET", "/v1/songs/new-jazz")).json).toEqual({
      songId: "new-jazz",
      count: 0,
      popularityPercentile: 0,
      title: "Brand New Blues",
      artist: "The Newcomers",
      provisional: true,
    });

    const after = await sample().app.inject({
      url: `/v1/songs/${first}/similar`,
      headers: { "if-none-match": String(before.headers.etag) },
    });
    expect(after.statusCode).toBe(200); // the cached response is outdated
    expect(after.json().items.find(({ songId }: Item) => songId === "new-jazz")).toMatchObject({
      title: "Brand New Blues",
      provisional: true,
    });
    for (const strategy of ["blend", "similarity", "context", "playlists", "cooccurrence"]) {
      const recommended = (songs: readonly string[]) =>
        itemsOf(songs, { strategy, limit: 40 }).then((items) =>
          items.some(({ songId, provisional }) => songId === "new-jazz" && provisional === true),
        );
      expect([
        strategy,
        await recommended(jazz().slice(0, 3)),
        await recommended(sample().songsOf("rock").slice(0, 3)),
      ]).toEqual([strategy, true, false]);
    }
  });

  it("accepts a cold-start song in queries, and recommends songs of its style", async () => {
    for (const strategy of ["blend", "similarity", "context"]) {
      const items = await itemsOf(["new-jazz"], { strategy });
      expect(items.map(({ songId }) => songId)).not.toContain("new-jazz");
      expect(items.filter(({ songId }) => sample().styleOf(songId) === "jazz").length, strategy).toBeGreaterThanOrEqual(
        5,
      );
    }
    const { items } = (await send("GET", "/v1/songs/new-jazz/similar")).json;
    expect(items.filter(({ songId }: Item) => sample().styleOf(songId) === "jazz").length).toBeGreaterThanOrEqual(6);
  });

  it("explains a cold-start song by songs of the query, as any other song", async () => {
    const [rock = ""] = sample().songsOf("rock");
    const songs = [rock, ...jazz().slice(0, 2)];
    const { items } = (await send("POST", "/v1/recommendations", { songs, explain: true, candidates: ["new-jazz"] }))
      .json;
    const because: { songId: string; share: number; playlists: number }[] = items[0].because;
    expect(because.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(because.filter(({ songId }) => songId !== rock).reduce((sum, { share }) => sum + share, 0)).toBeGreaterThan(
      0.8,
    );
    expect(because.every(({ songId, playlists }) => songs.includes(songId) && playlists >= 0)).toBe(true);
    expect(because[0]?.playlists).toBeGreaterThan(10);
  });

  it("includes the song in search, paths and playlist checks", async () => {
    expect((await send("GET", "/v1/songs?query=brand%20newcomers")).json.items).toEqual([
      { songId: "new-jazz", count: 0, title: "Brand New Blues", artist: "The Newcomers", provisional: true },
    ]);
    const rock = sample().songsOf("rock").slice(0, 7);
    const { items } = (await send("GET", `/v1/songs/new-jazz/path/${rock[0]}?length=3`)).json;
    expect(items[0]).toEqual({
      songId: "new-jazz",
      cosine: null,
      title: "Brand New Blues",
      artist: "The Newcomers",
      provisional: true,
    });
    expect([items.length, items[4].songId]).toEqual([5, rock[0]]);
    expect(["jazz", "bossa nova"]).toContain(sample().styleOf(items[1].songId)); // bossa nova is the style next to jazz
    expect((await send("POST", "/v1/playlists/check", { songs: [...rock, "new-jazz"] })).json).toMatchObject({
      oddOnesOut: ["new-jazz"],
      unknownSongs: [],
    });
    expect(
      (await send("POST", "/v1/playlists/check", { songs: [...jazz().slice(3, 10), "new-jazz"] })).json,
    ).toMatchObject({ oddOnesOut: [], unknownSongs: [] });
  });

  it("uses the names of the catalogue, also in filters", async () => {
    const song = { songId: "unplayed jazz", title: "Unplayed", artist: expect.any(String), provisional: true };
    expect(await send("PUT", "/v1/songs/unplayed%20jazz/vector", { like: jazz().slice(0, 3) })).toMatchObject({
      status: 201,
      json: song,
    });
    expect((await send("GET", "/v1/songs/unplayed%20jazz")).json).toEqual({
      ...song,
      count: 0,
      popularityPercentile: 0,
      columns: { style: "jazz" },
    });
    const passing = async (filter: object) =>
      (await itemsOf(jazz().slice(0, 3), { filter, limit: 20 })).map(({ songId }) => songId);
    expect(await passing({ style: ["Jazz"] })).toContain("unplayed jazz");
    expect(await passing({ style: ["Jazz"] })).not.toContain("new-jazz");
    expect(await passing({ "-style": ["Jazz"] })).not.toContain("unplayed jazz");
    expect(await passing({ artist: ["THE NEWCOMERS"] })).toEqual(["new-jazz"]);
    const similar = (
      await send("GET", `/v1/songs/${jazz()[0]}/similar?filter=artist:the%20newcomers&filter=-style:jazz`)
    ).json;
    expect(similar.items).toMatchObject([{ songId: "new-jazz", provisional: true }]);
    expect((await send("DELETE", "/v1/songs/unplayed%20jazz/vector")).status).toBe(204);
  });

  it("accepts playlists, and replaces the previous references", async () => {
    const playlists = [
      [...sample().songsOf("disco").slice(0, 4), "new"],
      ["new", "nobody", ...sample().songsOf("disco").slice(4, 7)],
    ];
    expect(await send("PUT", "/v1/songs/new/vector", { like: jazz().slice(0, 1) })).toMatchObject({ status: 201 });
    expect(await send("PUT", "/v1/songs/new/vector", { playlists })).toMatchObject({
      status: 200,
      json: { unknownSongs: ["nobody"] },
    });
    const { items } = (await send("GET", "/v1/songs/new/similar")).json;
    expect(items.filter(({ songId }: Item) => sample().styleOf(songId) === "disco").length).toBeGreaterThanOrEqual(8);
    expect((await send("DELETE", "/v1/songs/new/vector")).status).toBe(204);
    expect(await send("GET", "/v1/songs/new")).toMatchObject({ status: 404, json: { code: "SONG_NOT_FOUND" } });
    expect(await send("DELETE", "/v1/songs/new/vector")).toMatchObject({
      status: 404,
      json: { code: "VECTOR_NOT_FOUND" },
    });
  });

  it.each([
    [{}, 400, "BAD_REQUEST"],
    [{ like: ["1"], playlists: [["1"]] }, 400, "BAD_REQUEST"],
    [{ like: ["new"] }, 400, "BAD_REQUEST"],
    [{ like: [] }, 400, "VALIDATION_FAILED"],
    [{ like: ["nobody"] }, 422, "UNKNOWN_SONGS"],
  ])("refuses %j", async (body, status, code) => {
    expect(await send("PUT", "/v1/songs/new/vector", body)).toMatchObject({ status, json: { code } });
    expect((await send("GET", "/v1/songs/new")).status).toBe(404);
  });

  it("is rejected for songs that the model knows", async () => {
    expect(await send("PUT", `/v1/songs/${jazz()[0]}/vector`, { like: jazz().slice(1, 3) })).toMatchObject({
      status: 409,
      json: { code: "SONG_TRAINED" },
    });
  });

  it("is replaced by a model that knows the song, and is back with a model that does not", async () => {
    for (let i = 0; i < 6; i++)
      await send("PUT", `/v1/playlists/${i}`, { songs: ["new-jazz", ...jazz().slice(i, i + 5)] });
    const { json } = await send("POST", "/v1/training-jobs", {
      hyperparameters: { vectorSize: 64, epochs: 2, holdOut: 0 },
      activate: "always",
    });
    await sample().service.queue.waitForEnd(json.jobId);
    const trained = (await send("GET", "/v1/songs/new-jazz")).json;
    expect(trained).toMatchObject({ songId: "new-jazz", count: 6 });
    expect(trained).not.toHaveProperty("provisional");
    expect((await send("PUT", "/v1/songs/new-jazz/vector", { like: jazz().slice(0, 1) })).status).toBe(409);
    await send("POST", "/v1/models/1/activate");
    expect((await send("GET", "/v1/songs/new-jazz")).json).toMatchObject({ count: 0, provisional: true });
  });

  it("is stored durably", async () => {
    const service = await createDataDirectory();
    const before = await service.start();
    await getJson(before.port, "/health/ready");
    const { status } = await request(before.port, "/v1/songs/new/vector", {
      method: "PUT",
      json: { like: ["1", "2"] },
    });
    expect(status).toBe(201);
    await before.kill();
    const after = await service.start();
    expect(await getJson(after.port, "/v1/songs/new")).toMatchObject({ songId: "new", provisional: true });
  });
});
