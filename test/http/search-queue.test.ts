import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSearchQueue } from "../../src/http/search-queue.ts";
import { createTrainedService, type TestService } from "../helpers/service.ts";

describe("the search queue", () => {
  it("runs searches up to its concurrency, the others in order, and rejects more at once", async () => {
    const queue = createSearchQueue({ concurrency: 2, maxWaiting: 2 });
    const started: number[] = [];
    const searches = Array.from({ length: 4 }, () => Promise.withResolvers<string>());
    const results = searches.map(({ promise }, i) =>
      queue.run(() => {
        started.push(i);
        return promise;
      }),
    );
    await expect(queue.run(() => "fifth")).rejects.toMatchObject({ code: "OVERLOADED", status: 503 });
    expect(started).toEqual([0, 1]);
    searches[1]?.resolve("one");
    expect(await results[1]).toBe("one");
    await new Promise((resolve) => setImmediate(resolve));
    expect(started).toEqual([0, 1, 2]);
    for (const { resolve } of searches) resolve("done");
    expect(await Promise.all(results)).toEqual(["done", "one", "done", "done"]);
    expect(await queue.run(() => "again")).toBe("again");
  });

  it("continues after a failed search", async () => {
    const queue = createSearchQueue({ concurrency: 1, maxWaiting: 1 });
    const failing = queue.run(() => Promise.reject(new RangeError("no")));
    const next = queue.run(() => "next");
    await expect(failing).rejects.toThrow("no");
    expect(await next).toBe("next");
    await expect(
      queue.run(() => {
        throw new RangeError("at once");
      }),
    ).rejects.toThrow("at once");
    expect(await queue.run(() => "last")).toBe("last");
  });
});

describe("every route that searches", () => {
  let test: TestService;
  beforeAll(async () => {
    test = await createTrainedService();
    await test.app.inject({ method: "PUT", url: "/v1/playlists/mine", payload: { songs: ["1", "2"] } });
  });
  afterAll(() => test.close());

  const post = (url: string, payload: object) => ({ method: "POST" as const, url, payload });
  const requests = [
    { url: "/v1/songs/1/similar?limit=7" },
    { url: "/v1/songs/1/path/2" },
    { url: "/v1/songs?query=numbers" },
    { url: "/v1/playlists/mine/recommendations" },
    post("/v1/recommendations", { songs: ["1"] }),
    post("/v1/recommendations", { groups: [["1"], ["2"]] }),
    post("/v1/recommendations/batch", { requests: [{ songs: ["1"] }] }),
    post("/v1/playlists/check", { songs: ["1", "2", "3"] }),
  ];

  /** Fills the queue with searches that run or wait until they are released. */
  async function fill(): Promise<() => Promise<void>> {
    const recommender = test.service.activeModel.current() ?? expect.unreachable();
    const gate = Promise.withResolvers<void>();
    const real = recommender.similar;
    Object.assign(recommender, {
      similar: async (...args: Parameters<typeof real>) => gate.promise.then(() => real(...args)),
    });
    const filling = Array.from({ length: 128 }, (_, i) => test.app.inject(`/v1/songs/3/similar?limit=${i + 20}`));
    await new Promise((resolve) => setTimeout(resolve, 200));
    Object.assign(recommender, { similar: real });
    return async () => {
      gate.resolve();
      for (const { statusCode } of await Promise.all(filling)) expect(statusCode).toBe(200);
    };
  }

  it("responds with 503 and Retry-After while the queue is full, and recovers afterwards", async () => {
    const empty = await fill();
    for (const request of requests) {
      const { statusCode, headers, body } = await test.app.inject(request);
      expect([request.url, statusCode, JSON.parse(body).code]).toEqual([request.url, 503, "OVERLOADED"]);
      expect(headers).toMatchObject({ "retry-after": "1" });
      expect(headers).not.toHaveProperty("etag");
    }
    for (const url of ["/health/ready", "/v1/songs/1", "/v1/status"])
      expect((await test.app.inject(url)).statusCode).toBe(200);
    await empty();
    for (const request of requests) expect((await test.app.inject(request)).statusCode).toBe(200);
  });
});
