import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openVersions } from "../../../src/model/format/versions.ts";
import { createTestService, type TestService } from "../../helpers/service.ts";
import { fourSongs, publishModel } from "../../model/small-models.ts";

let test: TestService;

beforeAll(async () => {
  test = await createTestService();
  await publishModel(await openVersions(join(test.folder, "data/models")), fourSongs);
});
afterAll(() => test.close());

const find = (query: string) => test.app.inject({ url: `/v1/songs${query}` });

describe("GET /v1/songs", () => {
  it("is 503 without a model", async () => {
    expect((await find("?query=alpha")).json()).toMatchObject({ status: 503, code: "MODEL_NOT_READY" });
    await test.service.begin();
  });

  it("finds songs by title and artist", async () => {
    expect((await find("?query=as%20ALP")).json()).toEqual({
      modelVersion: 1,
      items: [{ songId: "a", count: 40, title: "Alpha", artist: "The As" }],
    });
    expect((await find("?query=nothing")).json()).toEqual({ modelVersion: 1, items: [] });
  });

  it("lists the most played songs without a query", async () => {
    expect((await find("?limit=2")).json().items.map(({ songId }: { songId: string }) => songId)).toEqual(["a", "b"]);
    expect((await find("")).json().items).toHaveLength(4);
  });

  it("finds cold-start songs after the others, and an exact id first", async () => {
    const put = (songId: string, body: object) =>
      test.app.inject({ method: "PUT", url: `/v1/songs/${songId}/vector`, payload: { like: ["a"], ...body } });
    const found = async (query: string) =>
      (await find(query)).json().items.map(({ songId }: { songId: string }) => songId);
    await put("new", { title: "Alphabet", artist: "Nobody" });
    expect((await find("?query=alph")).json().items).toEqual([
      { songId: "a", count: 40, title: "Alpha", artist: "The As" },
      { songId: "new", count: 0, title: "Alphabet", artist: "Nobody", provisional: true },
    ]);
    await put("alpha", {});
    expect(await found("?query=alpha")).toEqual(["alpha", "a", "new"]);
    expect(await found("?query=alpha&limit=2")).toEqual(["alpha", "a"]);
    expect(await found("?query=al")).toEqual(["a", "new", "alpha"]);
    expect(await found("")).toEqual(["a", "b", "c", "d", "new", "alpha"]);
    expect(await found("?query=nobody")).toEqual(["new"]);
    await put("new", { title: "Beta Again" });
    expect(await found("?query=nobody")).toEqual([]);
    expect(await found("?query=beta")).toEqual(["b", "new"]);
    for (const songId of ["new", "alpha"])
      await test.app.inject({ method: "DELETE", url: `/v1/songs/${songId}/vector` });
    expect(await found("?query=beta")).toEqual(["b"]);
  });

  it.each([["?query="], [`?query=${"x".repeat(201)}`], ["?limit=0"], ["?limit=1001"], ["?q=a"]])(
    "rejects %s",
    async (query) => {
      expect((await find(query)).json()).toMatchObject({ status: 400, code: "VALIDATION_FAILED" });
    },
  );
});
