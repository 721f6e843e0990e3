import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostileIds } from "../helpers/playlists.ts";
import { createTestService, createTrainedService, type TestService } from "../helpers/service.ts";

let test: TestService;

beforeAll(async () => {
  test = await createTrainedService({ PRESET: "article" });
});
afterAll(() => test.close());

const get = (url: string) => test.app.inject({ url });
const post = (url: string, payload: unknown) =>
  test.app.inject({
    method: "POST",
    url,
    headers: { "content-type": "application/json" },
    payload: JSON.stringify(payload),
  });
const recommend = (body: unknown) => post("/v1/recommendations", body);

describe("songs", () => {
  it("returns a song with its plays and names", async () => {
    const response = await get("/v1/songs/1");
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({
      songId: "1",
      title: "One",
      artist: "The Numbers",
      count: expect.any(Number),
    });
  });

  it("returns similar songs of the same group first", async () => {
    const { modelVersion, songId, items } = (await get("/v1/songs/3/similar?limit=5")).json();
    expect({ modelVersion, songId }).toEqual({ modelVersion: 1, songId: "3" });
    expect(items).toHaveLength(5);
    for (const item of items) expect(item.songId).toMatch(/^\d+$/);
  });

  it("omits excluded songs and fills the page with others", async () => {
    const first = (await get("/v1/songs/3/similar?limit=2"))
      .json()
      .items.map((item: { songId: string }) => item.songId);
    const rest = (await get(`/v1/songs/3/similar?limit=5&exclude=${first[0]}&exclude=${first[1]}`))
      .json()
      .items.map((item: { songId: string }) => item.songId);
    expect(rest).toHaveLength(5);
    expect(rest).not.toContain(first[0]);
    expect(rest).not.toContain(first[1]);
  });

  it.each(hostileIds.map((id) => [id]))("keeps the id %j from the CSV file to the response", async (id) => {
    const inUrl = id !== ".."; // URLs have no segment ".."
    if (inUrl) expect((await get(`/v1/songs/${encodeURIComponent(id)}`)).json()).toMatchObject({ songId: id });
    const result = (await recommend({ songs: [id], limit: 20 })).json();
    expect(result.unknownSongs).toEqual([]);
    const songIds = result.items.map((item: { songId: string }) => item.songId);
    expect(songIds).toHaveLength(20);
    expect(songIds.slice(0, 5).every((songId: string) => hostileIds.includes(songId))).toBe(true);
    expect(songIds).not.toContain(id);
  });
});

describe("recommendations", () => {
  it("returns the strategy, the model version and the unknown songs", async () => {
    const result = (await recommend({ songs: ["1", { songId: "2", weight: 2 }, "no such song"], limit: 3 })).json();
    expect(result).toMatchObject({
      modelVersion: 1,
      strategy: "blend",
      unknownSongs: ["no such song"],
      fallback: null,
    });
    expect(result.items).toHaveLength(3);
  });

  it("never returns songs of the query, dislikes or exclusions, and still fills the page", async () => {
    const { items } = (await recommend({ songs: ["1", "2"], dislikes: ["3"], exclude: ["4"], limit: 21 })).json();
    const songIds = items.map((item: { songId: string }) => item.songId);
    expect(songIds).toHaveLength(21);
    for (const songId of ["1", "2", "3", "4"]) expect(songIds).not.toContain(songId);
  });

  it("falls back to popular songs if it knows none of the songs, and reports it", async () => {
    const result = (await recommend({ songs: ["nobody"], limit: 2 })).json();
    expect(result).toMatchObject({ fallback: "popular", unknownSongs: ["nobody"] });
    expect(result.items).toHaveLength(2);
  });
});

describe("bad requests", () => {
  const problem = (status: number, code: string) => ({
    status,
    code,
    type: `urn:song2vec:problem:${code.toLowerCase().replaceAll("_", "-")}`,
  });

  it.each([
    ["an unknown song", () => get("/v1/songs/4711"), problem(404, "SONG_NOT_FOUND"), undefined],
    ["neighbours of an unknown song", () => get("/v1/songs/4711/similar"), problem(404, "SONG_NOT_FOUND"), undefined],
    ["an unknown route", () => get("/v2/nothing"), problem(404, "ROUTE_NOT_FOUND"), undefined],
    ["an empty list", () => recommend({ songs: [] }), problem(400, "VALIDATION_FAILED"), ["songs"]],
    [
      "10,001 songs",
      () => recommend({ songs: Array.from({ length: 10_001 }, String) }),
      problem(400, "VALIDATION_FAILED"),
      ["songs"],
    ],
    ["limit 0", () => recommend({ songs: ["1"], limit: 0 }), problem(400, "VALIDATION_FAILED"), ["limit"]],
    [
      "limit 1,000,000",
      () => recommend({ songs: ["1"], limit: 1_000_000 }),
      problem(400, "VALIDATION_FAILED"),
      ["limit"],
    ],
    [
      "limit 0 of similar songs",
      () => get("/v1/songs/1/similar?limit=0"),
      problem(400, "VALIDATION_FAILED"),
      ["limit"],
    ],
    ["an unknown field", () => recommend({ songs: ["1"], limitt: 3 }), problem(400, "VALIDATION_FAILED"), ["limitt"]],
    [
      "two bad fields",
      () => recommend({ songs: ["1"], limit: "ten", strategy: "best" }),
      problem(400, "VALIDATION_FAILED"),
      ["limit", "strategy"],
    ],
    [
      "vectors of 1e9 dimensions",
      () => post("/v1/training-jobs", { hyperparameters: { vectorSize: 1e9 } }),
      problem(400, "VALIDATION_FAILED"),
      ["hyperparameters.vectorSize"],
    ],
    [
      "an unknown song that must be known",
      () => recommend({ songs: ["nobody"], onUnknown: "error" }),
      problem(422, "UNKNOWN_SONGS"),
      undefined,
    ],
    [
      "no such job",
      () => get("/v1/training-jobs/00000000-0000-0000-0000-000000000000"),
      problem(404, "TRAINING_JOB_NOT_FOUND"),
      undefined,
    ],
    ["a path as a job", () => get("/v1/training-jobs/..%2f..%2fetc"), problem(400, "VALIDATION_FAILED"), ["jobId"]],
    ["a broken encoding", () => get("/v1/songs/%ff"), problem(400, "BAD_REQUEST"), undefined],
  ] as const)("%s", async (_, sendInvalid, expected, paths) => {
    const response = await sendInvalid();
    expect(response.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(response.statusCode).toBe(expected.status);
    expect(response.json()).toMatchObject(expected);
    if (paths) expect(response.json().errors.map((error: { path: string }) => error.path)).toEqual(paths);
    expect(response.body).not.toMatch(/\.ts|node_modules|\n\s+at /);
  });

  it.each([
    ["broken JSON", "application/json", '{"songs": [', 400, "MALFORMED_JSON"],
    ["an empty body", "application/json", "", 400, "VALIDATION_FAILED"],
    ["another media type", "text/csv", "a,b", 415, "UNSUPPORTED_MEDIA_TYPE"],
    ["10 MB", "application/json", JSON.stringify({ songs: ["x".repeat(10_000_000)] }), 413, "BODY_TOO_LARGE"],
  ])("%s as a body", async (_, type, payload, status, code) => {
    const response = await test.app.inject({
      method: "POST",
      url: "/v1/recommendations",
      headers: { "content-type": type },
      payload,
    });
    expect(response.statusCode).toBe(status);
    expect(response.json()).toMatchObject({ status, code });
  });
});

describe("training jobs", () => {
  it("train and activate a new version, with progress and loss by epoch", async () => {
    const accepted = await post("/v1/training-jobs", {
      preset: "article",
      hyperparameters: { epochs: 3, vectorSize: 16, window: "playlist", maxVocabulary: 24 },
    });
    expect(accepted.statusCode).toBe(202);
    const { jobId } = accepted.json();
    expect(accepted.headers.location).toBe(`/v1/training-jobs/${jobId}`);
    await test.service.queue.waitForEnd(jobId);
    const job = (await get(`/v1/training-jobs/${jobId}`)).json();
    expect(job).toMatchObject({
      state: "succeeded",
      preset: "article",
      modelVersion: 2,
      error: null,
      kernel: expect.stringMatching(/simd/),
      hyperparameters: { epochs: 3, vectorSize: 16, window: "playlist", negative: 20 },
    });
    expect(job.predictedMemoryMB).toBeGreaterThan(50);
    expect(job.peakMemoryMB).toBeGreaterThan(50);
    expect(job.data.songs).toEqual({ kept: 24, belowMinCount: 0, beyondMaxVocabulary: 1 });
    expect(job.epochs.map(({ epoch }: { epoch: number }) => epoch)).toEqual([1, 2, 3]);
    expect((await get("/v1/songs/1/similar")).json().modelVersion).toBe(2);
    const { items } = (await get("/v1/models")).json();
    expect(items.map(({ version, active }: { version: number; active: boolean }) => [version, active])).toEqual([
      [1, false],
      [2, true],
    ]);
  });

  it("start from the vectors of the active version or of another version of the same vector size", async () => {
    const start = (warmStart: unknown, vectorSize = 16) =>
      post("/v1/training-jobs", { preset: "article", hyperparameters: { epochs: 1, vectorSize }, warmStart });
    const job = (await start(true)).json();
    expect(job.warmStart).toBe(2);
    await test.service.queue.waitForEnd(job.jobId);
    expect((await get("/v1/models")).json().items.at(-1)).toMatchObject({ version: 3, active: true, warmStart: 2 });
    expect((await start(2)).json()).toMatchObject({ warmStart: 2, state: "running" });
    expect((await start(99)).json()).toMatchObject({
      status: 404,
      code: "MODEL_NOT_FOUND",
      detail: "Model version 99 not found.",
    });
    expect((await start(1)).json()).toMatchObject({
      status: 422,
      code: "WARM_START_MISMATCH",
      detail: "Cannot start from model version 1: its vectorSize is 256, the requested one is 16.",
    });
    expect((await start("latest")).statusCode).toBe(400);
  });

  it("run one at a time, and are cancelled within a second", async () => {
    const long = { hyperparameters: { epochs: 10_000, vectorSize: 256 } };
    const [running, waiting] = [
      (await post("/v1/training-jobs", long)).json(),
      (await post("/v1/training-jobs", long)).json(),
    ];
    expect(waiting.state).toBe("queued");
    const cancelled = await test.app.inject({ method: "DELETE", url: `/v1/training-jobs/${waiting.jobId}` });
    expect(cancelled.json()).toMatchObject({ state: "cancelled" });
    const stopped = await test.app.inject({ method: "DELETE", url: `/v1/training-jobs/${running.jobId}` });
    expect(stopped.json()).toMatchObject({ state: "cancelled", modelVersion: null });
    const again = await test.app.inject({ method: "DELETE", url: `/v1/training-jobs/${running.jobId}` });
    expect(again.json()).toMatchObject({ status: 409, code: "TRAINING_JOB_ENDED" });
  });
});

describe("a service without a model", () => {
  it("is live but not ready, and sends Retry-After", async () => {
    const fresh = await createTestService();
    expect((await fresh.app.inject("/health/live")).json()).toEqual({ status: "live" });
    const ready = await fresh.app.inject("/health/ready");
    expect(ready.json()).toMatchObject({ status: 503, code: "MODEL_NOT_READY" });
    expect(ready.headers["retry-after"]).toBe("1");
    expect((await fresh.app.inject("/v1/songs/1")).statusCode).toBe(503);
    const warm = await fresh.app.inject({ method: "POST", url: "/v1/training-jobs", payload: { warmStart: true } });
    expect(warm.json()).toMatchObject({ status: 503, code: "MODEL_NOT_READY" });
    await fresh.service.begin();
    expect((await fresh.app.inject("/health/ready")).json()).toEqual({ status: "ready", modelVersion: 1 });
    await fresh.close();
  });
});
