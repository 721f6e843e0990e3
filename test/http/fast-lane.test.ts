import { globalAgent, request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Guard } from "../../src/http/deps.ts";
import { parseKeys } from "../../src/http/keys.ts";
import { createTestService, type TestService } from "../helpers/service.ts";

const running: TestService[] = [];
afterAll(async () => {
  for (const test of running) await test.close();
});

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** The lane writes its names of headers in small letters, the server does not write all of its own so. */
  readonly byLane: boolean;
}
type Ask = (path: string, headers?: Record<string, string>, method?: string, body?: string) => Promise<Answered>;

async function serve(guard: Partial<Guard> = {}): Promise<Ask> {
  const test = await createTestService(undefined, {}, guard);
  const { app, service } = test;
  running.push(test);
  await service.begin();
  const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  return (path, headers = {}, method = "GET", body = "") =>
    new Promise((resolve, reject) => {
      const agent = headers["transfer-encoding"] === undefined ? globalAgent : false; // behind chunks a connection has no lane
      const sent = request({ agent, host: "127.0.0.1", port, path, method, headers }, (response) => {
        let text = "";
        response
          .on("data", (chunk: Buffer) => (text += chunk.toString()))
          .on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: text,
              byLane: response.rawHeaders.includes("date"),
            }),
          );
      });
      sent.once("error", reject).end(body);
    });
}

const url = "/v1/songs/3/similar?limit=5";
const shared = ({ headers: { date, "x-request-id": id, ...rest }, status, body }: Answered) => ({
  status,
  body,
  headers: rest,
  dated: typeof date,
  id: typeof id,
});
const countOf = async (ask: Ask) =>
  Number(
    /http_requests_total\{method="GET",route="\/v1\/songs\/:songId\/similar",status="200"\} (\d+)/.exec(
      (await ask("/metrics")).body,
    )?.[1] ?? 0,
  );

describe("what was asked before", () => {
  let ask: Ask;
  beforeAll(async () => {
    ask = await serve({ corsOrigins: ["https://good.example"] });
  });

  it.each([
    [url],
    ["/v1/songs/3"],
    ["/v1/songs/%EB%85%B8%EB%9E%98%20%ED%95%98%EB%82%98/similar"],
    ["/v1/songs/3/path/9?length=4"],
  ])("is answered ahead of the framework with the same status, headers and body: %s", async (path) => {
    const first = await ask(path);
    const again = await ask(path, { "if-none-match": '"another"' });
    const byLane = await ask(path);
    expect([first.byLane, again.byLane, byLane.byLane]).toEqual([false, false, true]);
    expect(first.status).toBe(200);
    expect(shared(byLane)).toEqual(shared(first));
    expect(shared(byLane)).toEqual(shared(again));
    expect(byLane.headers["x-request-id"]).not.toBe(again.headers["x-request-id"]);
  });

  it("counts as every answer does", async () => {
    const before = await countOf(ask);
    for (let i = 0; i < 5; i++) await ask(`${url}&minScore=0.01`);
    expect(await countOf(ask)).toBe(before + 5);
  });

  it("goes the long way with another method, a body, a tag of the client, or from a page", async () => {
    const { headers } = await ask(url);
    const etag = String(headers["etag"]);
    expect((await ask(url)).byLane).toBe(true);
    expect(await ask(url, { "if-none-match": etag })).toMatchObject({ status: 304, byLane: false });
    expect(await ask(url, {}, "HEAD")).toMatchObject({ status: 200, body: "", byLane: false });
    expect(await ask(url, { "content-length": "2" }, "GET", "{}")).toMatchObject({ byLane: false });
    expect((await ask(url, { origin: "https://good.example" })).headers["access-control-allow-origin"]).toBe(
      "https://good.example",
    );
    expect((await ask(url)).headers).toMatchObject({ vary: "Origin" });
  });

  it("is that of the model that serves", async () => {
    const { service, app } = running[0] ?? expect.unreachable();
    await ask(url);
    const old = await ask(url);
    const { jobId } = (
      await app.inject({
        method: "POST",
        url: "/v1/training-jobs",
        payload: { hyperparameters: { epochs: 1, vectorSize: 20 }, activate: "always" },
      })
    ).json();
    await service.queue.ended(jobId);
    const [first, again] = [await ask(url), await ask(url)];
    expect([old.byLane, first.byLane, again.byLane]).toEqual([true, false, true]);
    expect(JSON.parse(again.body)).toMatchObject({ modelVersion: 2 });
    expect(JSON.parse(old.body)).toMatchObject({ modelVersion: 1 });
  });

  it("is refused to a web page that came by a foreign name", async () => {
    await ask(url);
    for (const host of ["evil.example", "evil.example:3000", "evil.example:x.localhost"])
      expect(await ask(url, { host })).toMatchObject({ status: 403, byLane: false });
    for (const host of ["localhost:3000", "127.0.0.1", "[::1]:80", "song2vec"])
      expect(await ask(url, { host })).toMatchObject({ status: 200, byLane: true });
  });
});

describe("a playlist that was asked with twice", () => {
  const recommendations = "/v1/recommendations";
  const question = JSON.stringify({ songs: ["3", "4", "노래 하나", "nobody"], limit: 3, strategy: "similarity" });
  const lengthOf = (body: string) => ({
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
  });
  let ask: Ask;
  beforeAll(async () => {
    ask = await serve({ corsOrigins: ["https://good.example"] });
  });
  const recommend = (body: string, headers: Record<string, string> = {}, path = recommendations) =>
    ask(path, { ...lengthOf(body), ...headers }, "POST", body);
  const known = async (body: string) => {
    for (let i = 0; i < 2; i++) await recommend(body);
    const answer = await recommend(body);
    expect(answer).toMatchObject({ status: 200, byLane: true });
    return answer;
  };

  it.each([
    ["songs", question],
    ["groups, with reasons", JSON.stringify({ groups: [["3", "4"], ["5"]], limit: 4, explain: true })],
    ["none that is known", JSON.stringify({ songs: ["nobody"] }, null, 2)],
  ])("is answered ahead of the framework with the same status, headers and body: %s", async (_, body) => {
    const [first, second, byLane] = [
      await recommend(body),
      await recommend(body),
      await recommend(body, { "content-type": "application/json; charset=utf-8" }),
    ];
    expect([first.byLane, second.byLane, byLane.byLane]).toEqual([false, false, true]);
    expect(first.status).toBe(200);
    expect(shared(byLane)).toEqual(shared(first));
    expect(shared(byLane)).toEqual(shared(second));
  });

  it("counts as every answer does", async () => {
    const counts = async () => {
      const { body } = await ask("/metrics");
      const countOf = (name: string) =>
        Number(
          body
            .split("\n")
            .find((line) => line.startsWith(`${name} `))
            ?.split(" ")[1] ?? 0,
        );
      return [
        'http_requests_total{method="POST",route="/v1/recommendations",status="200"}',
        'http_request_duration_seconds_count{route="/v1/recommendations"}',
        'song2vec_recommendations_total{strategy="similarity",fallback="none"}',
        'song2vec_playlist_songs_total{known="yes"}',
        'song2vec_playlist_songs_total{known="no"}',
      ].map(countOf);
    };
    await known(question);
    const before = await counts();
    for (let i = 0; i < 5; i++) expect(await recommend(question)).toMatchObject({ byLane: true });
    expect(await counts()).toEqual(before.map((count, i) => count + 5 * ([1, 1, 1, 3, 1][i] ?? 0)));
  });

  it("goes the long way in other words, by another route, from a page, or in a form that takes a closer look", async () => {
    const { body } = await known(question);
    const words = JSON.stringify(JSON.parse(question), null, 1);
    expect(await recommend(words)).toMatchObject({ status: 200, byLane: false, body });
    expect(await recommend(question, {}, `${recommendations}?x=1`)).toMatchObject({ status: 200, byLane: false, body });
    expect(await recommend(question, {}, "/v1/playlists/check")).toMatchObject({ status: 400, byLane: false });
    expect(await recommend(question, { "content-type": "text/plain" })).toMatchObject({ status: 400, byLane: false });
    expect(await recommend(question, { "content-encoding": "gzip" })).toMatchObject({ status: 415, byLane: false });
    expect(await recommend(question, { "content-encoding": "identity" })).toMatchObject({
      status: 200,
      byLane: false,
      body,
    });
    expect(
      await ask(
        recommendations,
        { "content-type": "application/json", "transfer-encoding": "chunked" },
        "POST",
        question,
      ),
    ).toMatchObject({ status: 200, byLane: false, body });
    expect(await ask(recommendations, lengthOf(question), "PUT", question)).toMatchObject({
      status: 404,
      byLane: false,
    });
    expect(await ask(`${recommendations}%20${encodeURIComponent(question)}`)).toMatchObject({
      status: 404,
      byLane: false,
    });
    expect(await recommend(question, { host: "evil.example" })).toMatchObject({ status: 403, byLane: false });
    for (let i = 0; i < 3; i++)
      expect(
        (await recommend(question, { origin: "https://good.example" })).headers["access-control-allow-origin"],
      ).toBe("https://good.example");
    expect(await recommend(question)).toMatchObject({ byLane: true, body });
  });

  it("is none that was refused, nor a long one", async () => {
    const refused = JSON.stringify({ songs: [] });
    const long = JSON.stringify({ songs: Array.from({ length: 2000 }, (_, i) => String(i)) });
    for (let i = 0; i < 3; i++) {
      expect(await recommend(refused)).toMatchObject({ status: 400, byLane: false });
      expect(await recommend(long)).toMatchObject({ status: 200, byLane: false });
    }
  });

  it("is that of the model that serves, and of the songs beside it", async () => {
    const { service, app } = running.at(-1) ?? expect.unreachable();
    const old = await known(question);
    expect(
      (await app.inject({ method: "PUT", url: "/v1/songs/brand-new/vector", payload: { like: ["3", "4"] } }))
        .statusCode,
    ).toBe(201);
    const beside = await recommend(question);
    expect(beside).toMatchObject({ byLane: false });
    expect(JSON.parse(beside.body).items[0]).toMatchObject({ songId: "brand-new", provisional: true });
    expect((await known(question)).body).toBe(beside.body);
    await app.inject({ method: "DELETE", url: "/v1/songs/brand-new/vector" });
    expect(await recommend(question)).toMatchObject({ byLane: false, body: old.body });
    await known(question);
    const { jobId } = (
      await app.inject({
        method: "POST",
        url: "/v1/training-jobs",
        payload: { hyperparameters: { epochs: 1, vectorSize: 20 }, activate: "always" },
      })
    ).json();
    await service.queue.ended(jobId);
    const first = await recommend(question);
    expect([JSON.parse(old.body).modelVersion, JSON.parse(first.body).modelVersion, first.byLane]).toEqual([
      1,
      2,
      false,
    ]);
    expect((await known(question)).body).toBe(first.body);
  });
});

describe("with keys, what was asked before", () => {
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

  it("is answered to those alone who may have it", async () => {
    const ask = await serve({ keys: parseKeys("reader:right") });
    await ask(url, bearer("right"));
    expect(await ask(url, bearer("right"))).toMatchObject({ status: 200, byLane: true });
    expect((await ask(url)).status).toBe(401);
    expect((await ask(url, bearer("wrong"))).status).toBe(401);
    expect(await ask(url, bearer("right"))).toMatchObject({ status: 200, byLane: false });
  });

  it("is answered to those alone who may have it, of playlists, too", async () => {
    const ask = await serve({ keys: parseKeys("reader:right") });
    const body = JSON.stringify({ songs: ["3"] });
    const recommend = (headers: Record<string, string>) =>
      ask(
        "/v1/recommendations",
        { "content-type": "application/json", "content-length": String(body.length), ...headers },
        "POST",
        body,
      );
    for (const byLane of [false, false, true])
      expect(await recommend(bearer("right"))).toMatchObject({ status: 200, byLane });
    expect((await recommend({})).status).toBe(401);
    expect((await recommend(bearer("wrong"))).status).toBe(401);
  });

  it("tells somebody who guesses keys nothing", async () => {
    const ask = await serve({ keys: parseKeys("reader:right") });
    for (let i = 0; i < 2; i++) await ask(url, bearer("right"));
    for (let i = 0; i < 20; i++) expect((await ask(url, bearer(`wrong-${i}`))).status).toBe(401);
    expect((await ask(url, bearer("right"))).status).toBe(429);
  });

  it("counts against the limit of requests", async () => {
    const ask = await serve({ keys: parseKeys("reader:right"), rateLimit: 3 });
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await ask(url, bearer("right"))).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
  });
});
