import { once } from "node:events";
import { METHODS } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTrainedService, type TestService } from "../helpers/service.ts";

const origin = "https://shop.example";
let test: TestService;
let port: number;
beforeAll(async () => {
  test = await createTrainedService({ BASE_PATH: "music/" }, { corsOrigins: [origin] });
  await test.app.listen({ host: "127.0.0.1", port: 0 });
  ({ port } = test.app.server.address() as AddressInfo);
});
afterAll(() => test.close());

type Method = "DELETE" | "GET" | "HEAD" | "OPTIONS" | "PATCH" | "POST" | "PUT" | "TRACE";
const send = (method: string, url: string, headers: Record<string, string> = {}, payload?: string) =>
  test.app.inject({ method: method as Method, url, headers, ...(payload !== undefined && { payload }) });

/** Sends text over a connection. @returns the responses until the connection closes */
async function sendText(...lines: string[]): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1" });
  let text = "";
  socket.setEncoding("utf8").on("data", (part: string) => (text += part));
  socket.write(lines.join("\r\n"));
  await once(socket, "close", { signal: AbortSignal.timeout(10_000) });
  return text;
}

describe("an empty body", () => {
  const job = "00000000-0000-0000-0000-000000000000";
  const types = ["application/json", "text/plain", "application/x-www-form-urlencoded", "json", ""];

  it.each([
    ["DELETE", "/v1/playlists/none", "PLAYLIST_NOT_FOUND"],
    ["DELETE", "/v1/songs/none/vector", "VECTOR_NOT_FOUND"],
    ["DELETE", `/v1/training-jobs/${job}`, "TRAINING_JOB_NOT_FOUND"],
    ["DELETE", `/v1/tuning-jobs/${job}`, "TRAINING_JOB_NOT_FOUND"],
    ["POST", "/v1/models/77/activate", "MODEL_NOT_FOUND"],
  ])("is no body of %s %s, whatever its type", async (method, url, code) => {
    for (const type of types)
      expect((await send(method, url, { "content-type": type, "content-length": "0" })).json()).toMatchObject({ code });
    for (const type of types.filter((each) => each !== "json")) {
      const chunked = { "content-type": type, "transfer-encoding": "chunked" };
      expect((await send(method, url, chunked)).json()).toMatchObject({ code });
      expect((await send(method, url, { "content-type": type }, " \r\n\t")).json()).toMatchObject({ code });
    }
  });

  it.each([
    ["POST", "/v1/recommendations"],
    ["POST", "/v1/recommendations/batch"],
    ["PUT", "/v1/playlists/mine"],
    ["PUT", "/v1/songs/new/vector"],
    ["POST", "/v1/tuning-jobs"],
    ["POST", "/v1/playlists/check"],
  ])("of %s %s is reported as missing", async (method, url) => {
    for (const payload of [undefined, "", "\n"])
      expect((await send(method, url, { "content-type": "application/json" }, payload)).json()).toMatchObject({
        status: 400,
        code: "VALIDATION_FAILED",
        detail: "Missing body. See `errors` for each field.",
        errors: [{ path: "", message: "must be JSON; the request has no body" }],
      });
  });

  it("starts a training job with the default options", async () => {
    const response = await send("POST", "/v1/training-jobs", { "content-type": "application/json" });
    expect([response.statusCode, response.json().activate]).toEqual([202, "ifBetter"]);
    expect(response.headers.location).toBe(`/music/v1/training-jobs/${response.json().jobId}`);
    await send("DELETE", `/v1/training-jobs/${response.json().jobId}`);
  });

  it("is an import of no lines", async () => {
    expect((await send("POST", "/v1/playlists/import", { "content-length": "0" })).body).toMatch(
      /"done":true,"lines":0/,
    );
  });
});

describe("a body that is not encoded in UTF-8", () => {
  it.each([
    ["EUC-KR", Buffer.from([0xb0, 0xa1])],
    ["Shift_JIS", Buffer.from([0x83, 0x4b])],
    ["Latin-1", Buffer.from([0xe9])],
  ])("but in %s is refused", async (_, bytes) => {
    const payload = Buffer.concat([Buffer.from('{"songs":["'), bytes, Buffer.from('"]}')]);
    const response = await test.app.inject({
      method: "POST",
      url: "/v1/recommendations",
      headers: { "content-type": "application/json" },
      payload,
    });
    expect(response.json()).toMatchObject({
      code: "MALFORMED_JSON",
      detail: "Body is not valid JSON: not encoded in UTF-8.",
    });
  });
});

describe("a body of another type", () => {
  const ndjson = /Use application\/x-ndjson, .*application\/jsonl/;
  it.each([
    ["POST", "/v1/recommendations", "text/plain", /Use application\/json\.$/],
    ["PUT", "/v1/playlists/mine", "application/x-www-form-urlencoded", /Use application\/json\.$/],
    ["POST", "/v1/models/1/activate", "text/csv", /Send no body\.$/],
    ["POST", "/v1/playlists/import", "application/json", ndjson],
    ["POST", "/v1/playlists/import", "text/csv", ndjson],
    ["POST", "/v1/playlists/import", "lines", ndjson],
  ])("of %s %s, %s, is refused with the types of the route", async (method, url, type, detail) => {
    const response = await send(method, url, { "content-type": type }, '{"playlistId":"x","songs":[]}');
    expect(response.json()).toMatchObject({ status: 415, detail: expect.stringMatching(detail) });
  });
});

describe("another method", () => {
  it.each([
    ["/v1/songs", "GET, HEAD"],
    ["/v1/songs/1/vector", "DELETE, PUT"],
    ["/v1/playlists/mine", "DELETE, GET, HEAD, PUT"],
    ["/v1/playlists/import", "DELETE, GET, HEAD, POST, PUT"], // also the playlist of this id
    ["/v1/models/1/export?format=tensorboard", "GET"],
    ["/v1/training-jobs", "GET, HEAD, POST"],
    ["/docs", "GET, HEAD"],
    ["/docs/", "GET, HEAD"],
    ["/docs/static/index.css", "GET, HEAD"],
    ["/music/openapi.json", "GET, HEAD"],
    ["/health/live", "GET, HEAD"],
    ["/metrics", "GET, HEAD"],
  ])("of %s is 405 with Allow: %s", async (url, allow) => {
    for (const method of METHODS.filter((each) => each !== "CONNECT" && !allow.split(", ").includes(each))) {
      const response = await send(
        method,
        url,
        { "content-type": "text/csv", origin },
        method === "PATCH" ? "x" : undefined,
      );
      expect([method, response.statusCode, response.headers.allow]).toEqual([method, 405, allow]);
      expect(response.headers["access-control-allow-origin"]).toBe(origin);
      if (method !== "HEAD") expect(response.json()).toMatchObject({ code: "METHOD_NOT_ALLOWED" });
    }
  });

  it("of an unknown path is 404", async () => {
    for (const method of ["OPTIONS", "PATCH", "PROPFIND"])
      for (const url of ["/nowhere", "/v1/models/1/nothing", "/musical", "*"])
        expect((await send(method, url)).json()).toMatchObject({ status: 404, code: "ROUTE_NOT_FOUND" });
  });

  it("leaves HEAD to the routes of GET", async () => {
    for (const url of ["/v1/songs/1", "/v1/models", "/docs/", "/openapi.json", "/health/live"])
      expect((await send("HEAD", url)).statusCode, url).toBe(200);
    expect((await send("GET", "/v1/playlists/import")).json()).toMatchObject({ code: "PLAYLIST_NOT_FOUND" });
  });

  it.each(["BREW /v1/songs HTTP/1.1", "CONNECT example.org:443 HTTP/1.1", "GET /v1/songs HTTP/3.7", "nonsense"])(
    "or text that is no request, as %s, gets problem details",
    async (line) => {
      const text = await sendText(line, "host: a", "", "");
      expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(text).toMatch(/content-type: application\/problem\+json/i);
      expect(JSON.parse(text.split("\r\n\r\n")[1] ?? "")).toMatchObject({ status: 400, code: "BAD_REQUEST" });
    },
  );

  it("is no reason to lose the response to a broken body", async () => {
    const head = ["POST /v1/recommendations HTTP/1.1", "host: a", "content-type: application/json"];
    const text = await sendText(...head, "transfer-encoding: chunked", "", "3", "{}}", "no length", "");
    expect(text.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 400"]);
  });
});

describe("the Host header", () => {
  const get = (version: string, ...hosts: string[]) =>
    sendText(`GET /health/live HTTP/${version}`, ...hosts, "connection: close", "", "");

  it.each([
    ["missing", []],
    ["sent 2 times", ["Host: a", "host: a"]],
    ["sent 3 times", ["Host: a", "HOST: b", "host: c"]],
    ['\\"\\" invalid', ["Host:"]],
    ['\\"a b\\" invalid', ["Host: a b"]],
    ['\\"a,b\\" invalid', ["Host: a,b"]],
    ['\\"user@a\\" invalid', ["Host: user@a"]],
    ['\\"a:port\\" invalid', ["Host: a:port"]],
    ['\\"a:65536\\" invalid', ["Host: a:65536"]],
    ['\\"::1\\" invalid', ["Host: ::1"]],
    ['\\"http://a\\" invalid', ["Host: http://a"]],
  ])("%s is 400", async (problem, hosts) => {
    const text = await get("1.1", ...hosts);
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(text).toContain("content-type: application/problem+json; charset=utf-8");
    expect(text).toContain(`"detail":"Host header ${problem}. `);
  });

  it("may be any name or address, and may be missing in HTTP/1.0", async () => {
    for (const host of ["a", "songs.example:3000", "my_service", "127.0.0.1:80", "[::1]:3000", "[2001:db8::1]"])
      expect(await get("1.1", `Host: ${host}`), host).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(await get("1.0")).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(await get("1.1", "Host: a", "Expect: more")).toMatch(/^HTTP\/1\.1 200 OK/);
  });
});

describe("the base path", () => {
  it("is in Location headers, and is accepted where the proxy does not strip it", async () => {
    for (const prefix of ["", "/music"]) {
      expect((await send("GET", `${prefix}/docs/static/index.html`)).headers.location).toBe("/music/docs/");
      expect((await send("GET", `${prefix}/v1/songs/1?`)).json()).toMatchObject({ songId: "1" });
      expect((await send("GET", `${prefix}/openapi.json`)).json().servers).toMatchObject([{ url: "/music" }]);
      expect((await send("GET", `${prefix}/docs/json`)).json().servers).toMatchObject([{ url: "/music" }]);
    }
    for (const url of ["/music", "/music?x=1"])
      // the path /, with the console
      expect((await send("GET", url)).body).toContain('<base href="/music/"');
    expect(await sendText("GET http://a/music/health/live HTTP/1.1", "host: a", "connection: close", "", "")).toContain(
      '{"status":"live"}',
    );
    expect((await send("GET", "/musical/v1/songs/1")).statusCode).toBe(404);
    expect((await send("GET", "/other/music/v1/songs/1")).statusCode).toBe(404);
  });

  it.each(["/docs", "/docs/"])("is not needed by the assets of %s, which are relative", async (url) => {
    const { body, headers } = await send("GET", url);
    const assets = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, asset]) => asset ?? "");
    expect(assets.length).toBeGreaterThan(5);
    for (const asset of assets) {
      const { pathname } = new URL(asset, `http://songs.example/other${url}`);
      expect(asset).toMatch(/^\.\//);
      expect((await send("GET", pathname.replace("/other", ""))).statusCode, asset).toBe(200);
    }
    expect(headers["content-security-policy"]).not.toContain("upgrade-insecure-requests");
  });
});

describe("a response to a web page", () => {
  const exposed = "etag, location, retry-after, x-request-id, content-disposition, allow";
  it.each([
    ["GET", "/v1/songs/1", 200],
    ["GET", "/v1/songs/none", 404],
    ["GET", "/nowhere", 404],
    ["GET", "/v1/songs/100%", 400],
    ["PUT", "/v1/playlists/%ff?x=1", 400],
    ["PATCH", "/v1/songs", 405],
    ["POST", "/v1/recommendations", 400],
    ["POST", "/v1/playlists/import", 415],
  ])("to %s %s shows its headers", async (method, url, status) => {
    const type = { "content-type": "application/json" };
    const response = await send(method, url, { origin, ...type }, method === "POST" ? "{" : undefined);
    expect([response.statusCode, response.headers["access-control-allow-origin"]]).toEqual([status, origin]);
    expect(response.headers["access-control-expose-headers"]).toBe(exposed);
  });

  it("has them for a body that is refused before its route", async () => {
    const response = await send("POST", "/v1/recommendations", { origin, "content-encoding": "gzip" }, "x");
    expect([response.statusCode, response.headers["access-control-expose-headers"]]).toEqual([415, exposed]);
  });

  it("permits the headers of all routes after a preflight request", async () => {
    const wanted = "authorization,content-type,idempotency-key,if-match,if-none-match,last-event-id";
    const preflight = { origin, "access-control-request-method": "PUT", "access-control-request-headers": wanted };
    const { statusCode, headers } = await send("OPTIONS", "/v1/playlists/mine", preflight);
    expect(statusCode).toBe(204);
    expect(headers).toMatchObject({
      "access-control-allow-headers": wanted,
      "access-control-allow-methods": "GET, HEAD, POST, PUT, DELETE",
      "access-control-max-age": "7200",
    });
    expect((await send("OPTIONS", "/v1/playlists/mine", { origin })).statusCode).toBe(405);
  });
});
