import { setImmediate as nextRound } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestService, type TestService } from "../../helpers/service.ts";

let test: TestService;
beforeAll(async () => {
  test = await createTestService();
});
afterAll(() => test.close());

const status = async () => (await test.app.inject("/v1/status")).json();
/** The value of a metric, by its name and labels. */
async function metric(name: string): Promise<number> {
  const { payload } = await test.app.inject("/metrics");
  const line = payload.split("\n").find((text) => text.startsWith(`${name} `));
  return Number(line?.slice(name.length) ?? Number.NaN);
}

describe("the state of the service", () => {
  it("is returned without a model", async () => {
    expect(await status()).toMatchObject({
      version: "0.0.0",
      state: "waiting for a model",
      model: null,
      training: null,
    });
    expect((await test.app.inject("/health/startup")).json()).toMatchObject({ status: 503, code: "MODEL_NOT_READY" });
    expect(await metric("song2vec_model_version")).toBe(0);
  });

  it("is returned during training and with an active model", async () => {
    const begun = test.service.begin();
    let told = await status();
    for (; told.training === null; told = await status()) await nextRound();
    expect(told).toMatchObject({ trainingJobs: { running: 1 }, training: { phase: "reading", share: 0 } });
    await begun;
    expect(await status()).toMatchObject({
      state: "ready",
      model: { version: 1, songs: 25, vectorSize: 256, sample: false },
      trainingJobs: { running: 0, succeeded: 1 },
      training: null,
    });
    expect((await test.app.inject("/health/startup")).json()).toEqual({ status: "started" });
  });

  it("has metrics for Prometheus", async () => {
    await test.app.inject("/v1/songs/1/similar");
    await test.app.inject("/v1/songs/nobody/similar");
    for (const songs of [["1", "2", "nobody"], ["nobody"]])
      await test.app.inject({ method: "POST", url: "/v1/recommendations", payload: { songs } });
    const { responses } = await status();
    await test.app.inject("/nothing/here");
    expect((await status()).responses).toEqual({
      ...responses,
      "2xx": responses["2xx"] + 1,
      "4xx": responses["4xx"] + 1,
    });
    expect(await metric('http_requests_total{method="GET",route="/v1/songs/:songId/similar",status="200"}')).toBe(1);
    expect(await metric('http_requests_total{method="GET",route="/v1/songs/:songId/similar",status="404"}')).toBe(1);
    expect(await metric('http_requests_total{method="GET",route="none",status="404"}')).toBe(1);
    expect(await metric('http_request_duration_seconds_count{route="/v1/recommendations"}')).toBe(2);
    expect(await metric('song2vec_recommendations_total{strategy="blend",fallback="none"}')).toBe(1);
    expect(await metric('song2vec_recommendations_total{strategy="blend",fallback="popular"}')).toBe(1);
    expect(await metric('song2vec_playlist_songs_total{known="yes"}')).toBe(2);
    expect(await metric('song2vec_playlist_songs_total{known="no"}')).toBe(2);
    expect(await metric("song2vec_search_milliseconds_count")).toBeGreaterThanOrEqual(2);
    expect(await metric("song2vec_model_version")).toBe(1);
    expect(await metric("song2vec_songs")).toBe(25);
    expect(await metric('song2vec_training_jobs{state="succeeded"}')).toBe(1);
    expect(await metric("song2vec_training_loss")).toBeGreaterThan(0);
    expect(await metric("song2vec_training_songs_per_second")).toBeGreaterThan(0);
    expect(await metric("nodejs_eventloop_lag_p99_seconds")).toBeGreaterThan(0);
  });

  it("includes a request id, in the log and in the response", async () => {
    const ids = await Promise.all(
      [1, 2, 3].map(async () => (await test.app.inject("/health/live")).headers["x-request-id"]),
    );
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-z]+$/);
  });
});
