import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createResponseCache, toResponse } from "../../src/http/response-cache.ts";
import type { Recommender } from "../../src/recommend/query/recommender.ts";
import { hostileIds } from "../helpers/playlists.ts";
import { createTrainedService, type TestService } from "../helpers/service.ts";

let test: TestService;

beforeAll(async () => {
  test = await createTrainedService();
});
afterAll(() => test.close());

const get = (url: string, headers: Record<string, string> = {}) => test.app.inject({ url, headers });
const urls = [
  "/v1/songs/3/similar?limit=5",
  "/v1/songs/3",
  ...hostileIds.filter((id) => id !== "..").map((id) => `/v1/songs/${encodeURIComponent(id)}/similar`),
];

describe("a GET response that depends on the model and the request alone", () => {
  it.each(urls)("is the same for a repeated request: %s", async (url) => {
    const [first, second] = [await get(url), await get(url)];
    expect(first.statusCode).toBe(200);
    expect(second.body).toBe(first.body);
    expect(second.headers).toMatchObject({
      "content-type": first.headers["content-type"],
      etag: first.headers.etag,
      "cache-control": "private, no-cache",
    });
    expect(first.headers.etag).toMatch(/^"[\w-]{22}"$/);
  });

  it("is not sent to a client that has it, cached or not", async () => {
    const {
      headers: { etag = "" },
    } = await get("/v1/songs/7/similar");
    for (const header of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const response = await get("/v1/songs/7/similar", { "if-none-match": header });
      expect([response.statusCode, response.body, response.headers.etag]).toEqual([304, "", etag]);
    }
    expect((await get("/v1/songs/7/similar", { "if-none-match": '"other"' })).statusCode).toBe(200);
    expect((await get("/v1/songs/8/similar", { "if-none-match": etag })).statusCode).toBe(200);
    expect((await get("/v1/songs/7/similar?limit=9", { "if-none-match": etag })).statusCode).toBe(200);
  });

  it("has another ETag with another model", async () => {
    const url = "/v1/songs/9/similar";
    const before = await get(url);
    const { jobId } = (
      await test.app.inject({
        method: "POST",
        url: "/v1/training-jobs",
        payload: { hyperparameters: { epochs: 1, vectorSize: 20 }, activate: "always" },
      })
    ).json();
    await test.service.queue.waitForEnd(jobId);
    const after = await get(url, { "if-none-match": before.headers.etag ?? "" });
    expect(after.statusCode).toBe(200);
    expect(after.json()).toMatchObject({ modelVersion: 2 });
    expect(after.headers.etag).not.toBe(before.headers.etag);
  });

  it("is 304 only for a valid request and an existing song, also for *", async () => {
    for (const header of ["*", '"other"']) {
      const headers = { "if-none-match": header };
      expect((await get("/v1/songs/4711/similar", headers)).statusCode).toBe(404);
      expect((await get("/v1/songs/4711", headers)).statusCode).toBe(404);
      expect((await get("/v1/songs/3/path/4711", headers)).statusCode).toBe(404);
      expect((await get("/v1/songs/3/similar?limit=0", headers)).statusCode).toBe(400);
    }
    expect((await get("/v1/songs/3/path/5", { "if-none-match": "*" })).statusCode).toBe(304);
  });

  it("has no ETag and is not cached if it is a problem", async () => {
    for (const url of ["/v1/songs/4711/similar", "/v1/songs/4711", "/v1/songs/3/similar?limit=0"]) {
      for (const response of [await get(url), await get(url)]) {
        expect(response.statusCode).toBeGreaterThanOrEqual(400);
        expect(response.headers.etag).toBeUndefined();
      }
    }
  });
});

describe("a cached recommendation", () => {
  const recommend = async (payload: object) =>
    (await test.app.inject({ method: "POST", url: "/v1/recommendations", payload })).json();
  const searches = async () =>
    Number(/song2vec_search_milliseconds_count (\d+)/.exec((await get("/metrics")).body)?.[1]);
  const counted = async () =>
    Number(
      /song2vec_recommendations_total\{strategy="context",fallback="none"\} (\d+)/.exec(
        (await get("/metrics")).body,
      )?.[1] ?? 0,
    );

  it("is the same, is counted, and needs no search", async () => {
    const first = await recommend({ songs: ["3", "4"], strategy: "context" });
    const before = [await searches(), await counted()] as const;
    expect(await recommend({ strategy: "context", limit: 10, songs: ["3", "4"] })).toEqual(first);
    expect([await searches(), await counted()]).toEqual([before[0], before[1] + 1]);
    expect((await recommend({ songs: ["4"], strategy: "context" })).items).not.toEqual(first.items);
    expect(await searches()).toBe(before[0] + 1);
  });

  it("is computed again after a cold-start song is added", async () => {
    const query = { songs: ["5", "6"], strategy: "similarity", limit: 5 };
    const first = await recommend(query);
    expect(
      (await test.app.inject({ method: "PUT", url: "/v1/songs/brand-new/vector", payload: { like: ["5", "6"] } }))
        .statusCode,
    ).toBe(201);
    const { items } = await recommend(query);
    expect(items[0]).toMatchObject({ songId: "brand-new", provisional: true });
    await test.app.inject({ method: "DELETE", url: "/v1/songs/brand-new/vector" });
    expect(await recommend(query)).toEqual(first);
  });

  it("belongs to its model: another model searches, and a rollback finds the cached response", async () => {
    const query = { songs: ["9", "10"], strategy: "context" };
    const search = async () => {
      const before = await searches();
      await recommend(query);
      return (await searches()) - before;
    };
    const activate = (version: number) => test.app.inject({ method: "POST", url: `/v1/models/${version}/activate` });
    expect([await search(), await search()]).toEqual([1, 0]);
    await activate(1);
    expect([await search(), await search()]).toEqual([1, 0]);
    await activate(2);
    expect([await search(), await search()]).toEqual([0, 0]);
  });

  it("is from the active model, whichever model was active in between", async () => {
    const query = { songs: ["7", "8"], strategy: "context" };
    const activate = (version: number) => test.app.inject({ method: "POST", url: `/v1/models/${version}/activate` });
    const { modelVersion } = await recommend(query);
    for (const version of [1, 2, 1, 2]) {
      expect((await activate(version)).statusCode).toBe(200);
      expect(await recommend(query)).toMatchObject({ modelVersion: version });
    }
    expect(modelVersion).toBe(2);
  });
});

describe("the cache", () => {
  const recommenderOf = (version: number, revision = 0) => ({ model: { version }, revision }) as Recommender;
  const respond = (body: string) => async () => toResponse(body);

  it("holds at most 32 MiB and evicts the least recently used responses", async () => {
    const cache = createResponseCache();
    const text = "x".repeat(2 ** 20);
    const recommender = recommenderOf(1);
    for (let i = 0; i < 40; i++) {
      await cache.get(recommender, [i], respond(text));
      expect((await cache.get(recommender, [0], respond(text))).body.toString()).toBe(text);
    }
    let computed = 0;
    const counting = async () => (computed++, toResponse(text));
    for (const i of [0, 39, 1]) await cache.get(recommender, [i], counting);
    expect(computed).toBe(1);
  });

  it("distinguishes models and revisions of their cold-start songs", async () => {
    const cache = createResponseCache();
    const bodies = [];
    for (const recommender of [recommenderOf(1), recommenderOf(2), recommenderOf(1, 1), recommenderOf(1)])
      bodies.push((await cache.get(recommender, ["same"], respond(`${bodies.length}`))).body.toString());
    expect(bodies).toEqual(["0", "1", "2", "0"]);
  });

  it("does not cache failures, or responses computed while cold-start songs changed", async () => {
    const cache = createResponseCache();
    const recommender = { ...recommenderOf(1), revision: 1 } as {
      -readonly [K in keyof Recommender]: Recommender[K];
    };
    const changing = async () => {
      recommender.revision = 2;
      return toResponse("old songs");
    };
    await cache.get(recommender, ["same"], changing);
    expect((await cache.get(recommender, ["same"], respond("new songs"))).body.toString()).toBe("new songs");
    await expect(cache.get(recommender, ["other"], () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect((await cache.get(recommender, ["other"], respond("yes"))).body.toString()).toBe("yes");
  });
});
