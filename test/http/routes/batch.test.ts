import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestService, type TestService } from "../../helpers/service.ts";

let test: TestService;

beforeAll(async () => {
  test = await createTestService(undefined, {}, {}, undefined, "groups");
});
afterAll(() => test.close());

const post = (url: string, payload: object) => test.app.inject({ method: "POST", url, payload });
const batch = (requests: unknown) => post("/v1/recommendations/batch", { requests });

describe("POST /v1/recommendations/batch", () => {
  it("is 503 without a model", async () => {
    expect((await batch([{ songs: ["1"] }])).json()).toMatchObject({ status: 503, code: "MODEL_NOT_READY" });
    await test.service.begin();
  });

  it("returns for each request the result of a single request, independent of the others", async () => {
    const requests = [
      { songs: ["1", { songId: "2", weight: 3 }], limit: 3, explain: true },
      { songs: ["1"], limit: 0, colour: "red" },
      { songs: ["7"], filter: { colour: ["red"] } },
      { songs: ["nobody"], onUnknown: "error" },
      "not an object",
      { songs: ["7"], filter: { genre: ["odd"] }, strategy: "similarity", offset: 1 },
      { songs: ["nobody"], limit: 2 },
    ];
    const response = await batch(requests);
    expect(response.statusCode).toBe(200);
    const { results } = response.json();
    const alone = await Promise.all(
      requests.map(async (request) =>
        (
          await test.app.inject({
            method: "POST",
            url: "/v1/recommendations",
            headers: { "content-type": "application/json" },
            payload: JSON.stringify(request),
          })
        ).json(),
      ),
    );
    const likeAlone = alone.map((response) =>
      response.code === "VALIDATION_FAILED"
        ? { ...response, detail: "Invalid request. See `errors` for each field." }
        : response,
    );
    expect(results).toEqual(likeAlone);
    expect(results.map(({ code, fallback }: { code?: string; fallback?: string | null }) => code ?? fallback)).toEqual([
      null,
      "VALIDATION_FAILED",
      "UNKNOWN_COLUMN",
      "UNKNOWN_SONGS",
      "VALIDATION_FAILED",
      null,
      "popular",
    ]);
    expect(results[1].errors).toEqual([
      { path: "limit", message: expect.any(String) },
      { path: "colour", message: "Unknown field" },
    ]);
  });

  it("yields to other requests", async () => {
    const order: string[] = [];
    const whole = batch(Array.from({ length: 100 }, (_, i) => ({ songs: [String(1 + (i % 12))] }))).then((response) => {
      order.push("batch");
      return response;
    });
    for (let i = 0; i < 10; i++) {
      expect((await post("/v1/recommendations", { songs: ["1", "2"] })).statusCode).toBe(200);
      order.push("other");
    }
    expect((await whole).json().results).toHaveLength(100);
    expect(order).toEqual([...Array.from({ length: 10 }, () => "other"), "batch"]);
  });

  it.each([
    ["no requests", []],
    ["101 requests", Array.from({ length: 101 }, () => ({ songs: ["1"] }))],
    ["what is no list", { songs: ["1"] }],
  ])("is refused with %s", async (_, requests) => {
    expect((await batch(requests)).json()).toMatchObject({
      status: 400,
      code: "VALIDATION_FAILED",
      errors: [{ path: "requests" }],
    });
  });
});
