import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parseKeys } from "../../src/http/security/keys.ts";
import { openVersions } from "../../src/model/format/versions.ts";
import { createTestService, type TestService } from "../helpers/service.ts";
import { fourSongs, publishModel } from "../model/small-models.ts";

let test: TestService;

/** Version 4 is active. Version 1 has the vectors of two songs exchanged. */
beforeAll(async () => {
  test = await createTestService(undefined, {}, { keys: parseKeys("reader:reader,writer:writer,admin:admin") });
  const versions = await openVersions(join(test.folder, "data/models"));
  const [a = [], b = [], c = [], d = []] = fourSongs.input;
  await publishModel(versions, { ...fourSongs, input: [a, c, b, d] });
  for (let i = 0; i < 3; i++) await publishModel(versions, fourSongs);
  await test.service.begin();
  await send("admin", "PUT", "/v1/playlists/mine", { songs: ["a"] });
});
afterAll(() => test.close());

async function send(role: string, method: "GET" | "POST" | "PUT", url: string, payload?: object) {
  const headers = { authorization: `Bearer ${role}` };
  const response = await test.app.inject({ method, url, headers, ...(payload && { payload }) });
  return { status: response.statusCode, headers: response.headers, body: response.json() };
}
const similar = (modelVersion: unknown, role = "admin", songId = "a") =>
  send(
    role,
    "GET",
    `/v1/songs/${songId}/similar?limit=3${modelVersion === undefined ? "" : `&modelVersion=${modelVersion}`}`,
  );
const load = (version: number) =>
  vi.waitFor(async () => expect((await similar(version)).status).toBe(200), { interval: 5 });
const idsOf = ({ items }: { items: { songId: string }[] }) => items.map(({ songId }) => songId);

describe("modelVersion", () => {
  it.each(["reader", "writer"])("of a version that is not in memory is refused to a %s", async (role) => {
    expect(await similar(1, role)).toMatchObject({
      status: 403,
      body: {
        code: "FORBIDDEN",
        detail:
          `Role admin required; the API key has role ${role}. The requested model version is not in memory: ` +
          "query it with an admin key first, or leave out modelVersion.",
      },
    });
  });

  it("loads the version for an admin, then everyone gets its results", async () => {
    const active = await similar(undefined);
    expect(await similar(1)).toMatchObject({
      status: 409,
      headers: { "retry-after": "1" },
      body: { code: "MODEL_LOADING", detail: "Model version 1 is not loaded yet. Retry in 1 s." },
    });
    await load(1);
    for (const role of ["reader", "admin"]) {
      const other = await similar(1, role);
      expect(other).toMatchObject({ status: 200, body: { modelVersion: 1 } });
      expect([idsOf(active.body), idsOf(other.body)]).toEqual([
        ["b", "c", "d"],
        ["c", "b", "d"],
      ]);
      expect(other.headers["etag"]).not.toBe(active.headers["etag"]);
    }
    expect((await similar(undefined)).body).toEqual(active.body);
  });

  it("of the active version is the same as none, from the same cache entry", async () => {
    const searches = async () => {
      const { body } = await test.app.inject({ url: "/metrics", headers: { authorization: "Bearer reader" } });
      return /song2vec_search_milliseconds_count (\d+)/.exec(body)?.[1];
    };
    const recommend = (more: object) => send("reader", "POST", "/v1/recommendations", { songs: ["b"], ...more });
    const [one, other] = [await similar(undefined), await recommend({})];
    const before = await searches();
    const [sameOne, sameOther] = [await similar(4, "reader"), await recommend({ modelVersion: 4 })];
    expect([sameOne.body, sameOne.headers["etag"]]).toEqual([one.body, one.headers["etag"]]);
    expect(sameOther.body).toEqual(other.body);
    expect(await searches()).toBe(before);
  });

  it("of no version is 404, and of no version number 400", async () => {
    expect(await similar(9)).toMatchObject({ status: 404, body: { code: "MODEL_NOT_FOUND" } });
    for (const text of ["0", "-1", "1.5", "x", "", "1000000000"]) expect((await similar(text)).status).toBe(400);
  });

  it("applies to recommendations: for a playlist, a stored one, and each request of a batch", async () => {
    await load(1);
    const query = { songs: ["a"], strategy: "similarity" };
    const alone = await send("reader", "POST", "/v1/recommendations", { ...query, modelVersion: 1 });
    expect(alone).toMatchObject({ status: 200, body: { modelVersion: 1 } });
    const stored = await send("reader", "GET", "/v1/playlists/mine/recommendations?strategy=similarity&modelVersion=1");
    expect(stored.body).toEqual(alone.body);
    const requests = [undefined, 1, 2, 9, 4].map((modelVersion) => ({ ...query, modelVersion }));
    const { body } = await send("reader", "POST", "/v1/recommendations/batch", { requests });
    expect(body.results).toMatchObject([
      { modelVersion: 4 },
      alone.body,
      { code: "FORBIDDEN", status: 403 },
      { code: "MODEL_NOT_FOUND", status: 404 },
      { modelVersion: 4 },
    ]);
    expect(body.results[4]).toEqual(body.results[0]);
  });

  it("of a version with a cold-start song's references recommends the song too", async () => {
    await load(1);
    expect((await send("writer", "PUT", "/v1/songs/new/vector", { like: ["d"] })).status).toBe(201);
    const { body } = await similar(1, "reader", "d");
    expect(body.items[0]).toMatchObject({ songId: "new", provisional: true });
    expect((await similar(1, "reader", "new")).body).toMatchObject({ modelVersion: 1, songId: "new" });
  });
});
