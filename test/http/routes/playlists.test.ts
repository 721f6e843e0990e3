import { once } from "node:events";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostileIds } from "../../helpers/playlists.ts";
import { createTrainedService, type TestService } from "../../helpers/service.ts";

let test: TestService;

beforeAll(async () => {
  test = await createTrainedService({ PRESET: "article" });
});
afterAll(() => test.close());

const inject = (
  method: "GET" | "PUT" | "DELETE" | "POST",
  url: string,
  payload?: unknown,
  headers: Record<string, string> = {},
) =>
  test.app.inject({
    method,
    url,
    headers: { ...(payload !== undefined && { "content-type": "application/json" }), ...headers },
    ...(payload !== undefined && { payload: JSON.stringify(payload) }),
  });
const put = (playlistId: string, songs: readonly string[], headers?: Record<string, string>) =>
  inject("PUT", `/v1/playlists/${encodeURIComponent(playlistId)}`, { songs }, headers);
const get = (url: string) => inject("GET", url);

describe("playlists", () => {
  it("are stored, replaced, returned and deleted", async () => {
    const created = await put("mine", ["1", "2", "2"]);
    expect(created.statusCode).toBe(201);
    expect(created.json()).toEqual({ playlistId: "mine", songs: ["1", "2", "2"], updatedAt: expect.any(String) });
    expect((await put("mine", ["3"])).statusCode).toBe(200);
    expect((await get("/v1/playlists/mine")).json()).toMatchObject({ playlistId: "mine", songs: ["3"] });
    const deleted = await inject("DELETE", "/v1/playlists/mine");
    expect([deleted.statusCode, deleted.body]).toEqual([204, ""]);
    expect((await get("/v1/playlists/mine")).json()).toMatchObject({ status: 404, code: "PLAYLIST_NOT_FOUND" });
    expect((await inject("DELETE", "/v1/playlists/mine")).statusCode).toBe(404);
  });

  it.each(["user:1", "Lieder für den Sommer", "노래", "🎵", "__proto__", "constructor", "%2f", "...", "a".repeat(200)])(
    "may have the id %s",
    async (playlistId) => {
      expect((await put(playlistId, hostileIds)).statusCode).toBe(201);
      expect((await get(`/v1/playlists/${encodeURIComponent(playlistId)}`)).json()).toMatchObject({
        playlistId,
        songs: hostileIds,
      });
      expect((await inject("DELETE", `/v1/playlists/${encodeURIComponent(playlistId)}`)).statusCode).toBe(204);
    },
  );

  it.each(["..%2f..", "%2e%2e%2fetc", "a%2fb", "..%5c..", "%00", "a%0ab", "%7f", "a".repeat(201)])(
    "may not have the id %s",
    async (path) => {
      for (const method of ["PUT", "GET", "DELETE"] as const) {
        const response = await inject(method, `/v1/playlists/${path}`, method === "PUT" ? { songs: [] } : undefined);
        expect(response.json()).toMatchObject({
          status: 400,
          code: "VALIDATION_FAILED",
          errors: [{ path: "playlistId" }],
        });
      }
    },
  );

  it.each([
    ["no songs", {}],
    ["a song that is empty", { songs: [""] }],
    ["a song of 1,001 characters", { songs: ["x".repeat(1001)] }],
    ["10,001 songs", { songs: Array.from({ length: 10_001 }, String) }],
    ["an unknown field", { songs: [], name: "x" }],
  ])("are refused with %s", async (_, body) => {
    expect((await inject("PUT", "/v1/playlists/refused", body)).json()).toMatchObject({
      status: 400,
      code: "VALIDATION_FAILED",
    });
    expect((await get("/v1/playlists/refused")).statusCode).toBe(404);
  });

  it("change only if they match the precondition of the client", async () => {
    const { etag = "" } = (await put("shared", ["1"])).headers;
    expect((await get("/v1/playlists/shared")).headers.etag).toBe(etag);
    const second = await put("shared", ["2"], { "if-match": String(etag) });
    expect(second.statusCode).toBe(200);
    for (const stale of [String(etag), 'W/"1"', '"x"', '"-1"'])
      expect((await put("shared", ["3"], { "if-match": stale })).json()).toMatchObject({
        status: 412,
        code: "PLAYLIST_CHANGED",
      });
    expect((await inject("DELETE", "/v1/playlists/shared", undefined, { "if-match": String(etag) })).statusCode).toBe(
      412,
    );
    expect((await put("shared", ["3"], { "if-none-match": "*" })).statusCode).toBe(412);
    expect((await put("no such list", ["3"], { "if-match": "*" })).statusCode).toBe(412);
    expect((await get("/v1/playlists/shared")).json().songs).toEqual(["2"]);
    expect((await put("shared", ["4"], { "if-match": "*" })).statusCode).toBe(200);
    await inject("DELETE", "/v1/playlists/shared");
  });

  it("compare lists of ETags: strongly in If-Match, weakly in If-None-Match", async () => {
    const { etag = "" } = (await put("listed", ["1"])).headers;
    const status = async (header: string, value: string) =>
      (
        await put("listed", ["1"], {
          [header]: value.replace("NOW", String((await get("/v1/playlists/listed")).headers.etag)),
        })
      ).statusCode;
    for (const value of ['"9", NOW', 'NOW , "x,y"', ",NOW,,", 'W/"1",NOW', "*"])
      expect([value, await status("if-match", value)]).toEqual([value, 200]);
    for (const value of ["W/NOW", '"9", "1"', '"12,"', `"0${String(etag).slice(1)}`])
      expect([value, await status("if-match", value)]).toEqual([value, 412]);
    for (const value of ['"9", "1"', 'W/"x"'])
      expect([value, await status("if-none-match", value)]).toEqual([value, 200]);
    for (const value of ["NOW", 'W/NOW, "9"', "*"])
      expect([value, await status("if-none-match", value)]).toEqual([value, 412]);
    for (const header of ["if-match", "if-none-match"])
      for (const value of ["9", '"9" "1"', "", ",", '*, "9"', 'w/"9"', '"9']) {
        const response = await put("listed", ["1"], { [header]: value });
        expect([value, response.statusCode]).toEqual([value, 400]);
        expect(response.json().detail).toMatch(
          /^Malformed If-(None-)?Match header. Send \*, or ETags in double quotes/,
        );
      }
    const both = { "if-match": "*", "if-none-match": '"9"' };
    expect((await put("listed", ["1"], both)).statusCode).toBe(200);
    expect((await put("unlisted", ["1"], { "if-none-match": '"9", *'.slice(5) })).statusCode).toBe(201);
    for (const id of ["listed", "unlisted"]) await inject("DELETE", `/v1/playlists/${id}`);
  });

  it("are not sent again to a client that has them", async () => {
    const { etag = "" } = (await put("cached", ["1"])).headers;
    for (const known of [String(etag), `"x", W/${String(etag)}`, "*"]) {
      const response = await inject("GET", "/v1/playlists/cached", undefined, { "if-none-match": known });
      expect([response.statusCode, response.body, response.headers.etag]).toEqual([304, "", etag]);
    }
    for (const other of ['"x"', "no tag"])
      expect((await inject("GET", "/v1/playlists/cached", undefined, { "if-none-match": other })).statusCode).toBe(200);
    expect((await inject("GET", "/v1/playlists/none", undefined, { "if-none-match": "*" })).statusCode).toBe(404);
    await inject("DELETE", "/v1/playlists/cached");
  });

  it("are listed in pages, unaffected by changes between them", async () => {
    for (let i = 10; i < 35; i++) await put(`page/${i}`.replace("/", " "), [`${i}`]);
    const seen: string[] = [];
    for (let cursor: string | null = "", pages = 0; cursor !== null && pages < 10; pages++) {
      const page: { items: { playlistId: string }[]; next: string | null } = (
        await get(`/v1/playlists?limit=10${cursor && `&cursor=${cursor}`}`)
      ).json();
      seen.push(...page.items.map(({ playlistId }) => playlistId));
      await put(`page ${10 + pages}`, ["changed"]);
      cursor = page.next;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => `page ${10 + i}`));
    for (const cursor of ["", "!", "YQ==", "%00"])
      expect((await get(`/v1/playlists?cursor=${cursor}`)).statusCode).toBe(400);
    for (const limit of ["0", "1001", "x"]) expect((await get(`/v1/playlists?limit=${limit}`)).statusCode).toBe(400);
  });
});

describe("recommendations for a stored playlist", () => {
  it("are computed from its songs, with the options of the query", async () => {
    await put("listener", ["1", "2", "no such song"]);
    const body = { songs: ["1", "2", "no such song"], limit: 4, exclude: ["3", "4"], dislikes: ["5"] };
    const expected = (await inject("POST", "/v1/recommendations", body)).json();
    const report = (await get("/v1/playlists/listener/recommendations?limit=4&exclude=3&exclude=4&dislikes=5")).json();
    expect(report).toEqual(expected);
    expect(report).toMatchObject({ unknownSongs: ["no such song"], fallback: null });
    expect((await get("/v1/playlists/listener/recommendations?strategy=similarity")).json()).toMatchObject({
      strategy: "similarity",
    });
    expect((await get("/v1/playlists/listener/recommendations?onUnknown=error")).json()).toMatchObject({
      status: 422,
      code: "UNKNOWN_SONGS",
    });
  });

  it("are popular songs for an empty playlist, and 404 for an unknown playlist", async () => {
    await put("empty", []);
    expect((await get("/v1/playlists/empty/recommendations")).json()).toMatchObject({ fallback: "popular" });
    expect((await get("/v1/playlists/nobody/recommendations")).json()).toMatchObject({
      status: 404,
      code: "PLAYLIST_NOT_FOUND",
    });
  });
});

describe("an import", () => {
  const ndjson = { "content-type": "application/x-ndjson" };
  const line = (playlistId: string, songs: readonly string[]) => JSON.stringify({ playlistId, songs });
  async function send(payload: string | Buffer, query = "") {
    const response = await test.app.inject({
      method: "POST",
      url: `/v1/playlists/import${query}`,
      headers: ndjson,
      payload,
    });
    expect(response.statusCode).toBe(200);
    expect(response.headers["content-type"]).toBe("application/x-ndjson");
    return response.body
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text));
  }

  it("acknowledges stored lines and reports invalid lines by number", async () => {
    const lines = [
      line("i1", ["1"]),
      '{"playlistId": "i2"',
      line("a/b", ["1"]),
      "",
      line("i3", ["2", "3"]),
      '{"playlistId":"i4","songs":[""]}',
      "[]",
      line("i5", []),
    ];
    const report = await send(`${lines.join("\r\n")}\r\n`);
    expect(report.filter((entry) => "line" in entry).map(({ line: number, error }) => [number, error.code])).toEqual([
      [2, "MALFORMED_JSON"],
      [3, "VALIDATION_FAILED"],
      [6, "VALIDATION_FAILED"],
      [7, "VALIDATION_FAILED"],
    ]);
    expect(report.slice(-2)).toEqual([{ acknowledged: 8 }, { done: true, lines: 8, stored: 3, failed: 4 }]);
    expect((await get("/v1/playlists/i3")).json().songs).toEqual(["2", "3"]);
    expect((await get("/v1/playlists/i5")).json().songs).toEqual([]);
  });

  it("acknowledges every 1,000 lines, with or without a final newline", async () => {
    const lines = Array.from({ length: 2500 }, (_, i) => line(`bulk${i}`, ["1", "2", `${i}`]));
    const report = await send(lines.join("\n"));
    expect(report).toEqual([
      { acknowledged: 1000 },
      { acknowledged: 2000 },
      { acknowledged: 2500 },
      { done: true, lines: 2500, stored: 2500, failed: 0 },
    ]);
    expect((await get("/v1/playlists/bulk2499")).json().songs).toEqual(["1", "2", "2499"]);
  });

  it("resumes after the lines acknowledged by a previous import", async () => {
    const report = await send(
      [line("r1", ["first"]), line("r2", ["second"]), "broken", line("r4", ["fourth"])].join("\n"),
      "?afterLine=3",
    );
    expect(report).toEqual([{ acknowledged: 4 }, { done: true, lines: 4, stored: 1, failed: 0 }]);
    expect((await get("/v1/playlists/r2")).statusCode).toBe(404);
    expect((await get("/v1/playlists/r4")).json().songs).toEqual(["fourth"]);
  });

  it("reports lines that are invalid UTF-8 or too long, and stores the others", async () => {
    const long = Buffer.from(`${line("long", ["x".repeat(1000), "y".repeat(5 * 2 ** 20)])}\n`);
    const report = await send(
      Buffer.concat([
        Buffer.from(`${line("u1", ["1"])}\n{"playlistId":"u2","songs":["`),
        Buffer.from([0xff, 0xfe]),
        Buffer.from('"]}\n'),
        long,
        Buffer.from(line("u4", ["4"])),
      ]),
    );
    expect(report.filter((entry) => "line" in entry).map((entry) => entry.line)).toEqual([2, 3]);
    expect(report.at(-1)).toMatchObject({ done: true, stored: 2, failed: 2 });
    expect((await get("/v1/playlists/u4")).statusCode).toBe(200);
  });

  it("aborts after 10,000 invalid lines, and reports the line", async () => {
    const report = await send(`x\n`.repeat(200_000));
    expect(report.at(-1)).toMatchObject({ done: false, stored: 0 });
    expect(report.at(-1).failed).toBeLessThan(60_000);
  });

  it("of an empty body succeeds", async () => {
    expect(await send("")).toEqual([{ acknowledged: 0 }, { done: true, lines: 0, stored: 0, failed: 0 }]);
  });

  it("responds while it reads, and keeps acknowledged lines if the client disconnects", async () => {
    const { port } = new URL(await test.app.listen({ host: "127.0.0.1", port: 0 }));
    const sending = request({ host: "127.0.0.1", port, method: "POST", path: "/v1/playlists/import", headers: ndjson });
    sending.on("error", () => {});
    sending.write(`${line("s1", ["1"])}\n${line("s2", ["2"])}\n${line("half", ["3"]).slice(0, 10)}`);
    const [response] = await once(sending, "response");
    const [acknowledged] = await once(response.setEncoding("utf8"), "data");
    expect(acknowledged).toBe('{"acknowledged":2}\n');
    expect((await get("/v1/playlists/s2")).json().songs).toEqual(["2"]);
    response.on("error", () => {});
    sending.destroy();
    await new Promise((resolve) => response.once("close", resolve));
    expect((await get("/v1/playlists/half")).statusCode).toBe(404);
    expect((await put("later", ["1"])).statusCode).toBe(201);
  });

  it.each([
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
    "application/json-lines",
    "application/x-ldjson",
    "text/jsonl",
    "Application/X-NDJSON; Charset=UTF-8",
    "application/jsonl;charset=utf-8",
  ])("may have the type %s", async (type) => {
    const headers = { "content-type": type };
    const response = await test.app.inject({
      method: "POST",
      url: "/v1/playlists/import",
      headers,
      payload: line("typed", []),
    });
    expect(response.body).toBe('{"acknowledged":1}\n{"done":true,"lines":1,"stored":1,"failed":0}\n');
  });
});
