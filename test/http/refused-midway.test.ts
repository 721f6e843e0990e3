import { pino } from "pino";
import { expect, it, onTestFinished, vi } from "vitest";
import { createError } from "../../src/errors.ts";
import { createAdmission } from "../../src/http/admission.ts";
import { createMetrics } from "../../src/http/metrics.ts";
import { createModelCache } from "../../src/http/model-cache.ts";
import { recommend, recommendEach } from "../../src/http/recommend.ts";
import { recommendationRequestSchema } from "../../src/http/schemas/recommendations.ts";
import type { Recommender } from "../../src/recommend/recommender.ts";
import type { Turns } from "../../src/recommend/turns.ts";
import { useSampleService } from "../helpers/sample-service.ts";

const sample = useSampleService();

function recommender(): Recommender {
  const current = sample().service.recommender();
  return current ?? expect.unreachable();
}

/** Lets so many pieces of work through, refuses one, and lets the rest through. */
function refusing(after: number): Turns {
  let turns = 0;
  return async (work) => {
    if (turns++ === after) throw createError("OVERLOADED");
    return work();
  };
}

it("a page whose second search is refused is answered 503 with Retry-After, and whole when it is asked for again", async () => {
  const [songId = ""] = sample().songsOf("jazz");
  const { search } = recommender();
  const real = search.nearest;
  const nearest = vi
    .spyOn(search, "nearest")
    .mockImplementationOnce(real)
    .mockRejectedValueOnce(createError("OVERLOADED"));
  onTestFinished(() => nearest.mockRestore());

  const url = `/v1/songs/${songId}/similar?maxPerArtist=1&limit=70`;
  const refused = await sample().app.inject(url);
  expect(nearest).toHaveBeenCalledTimes(2);
  expect(refused.statusCode).toBe(503);
  expect(refused.headers).toMatchObject({
    "retry-after": "1",
    "content-type": "application/problem+json; charset=utf-8",
  });
  expect(refused.headers).not.toHaveProperty("etag");
  expect(refused.json()).toEqual({
    type: "urn:song2vec:problem:overloaded",
    title: "Service Unavailable",
    status: 503,
    code: "OVERLOADED",
    detail: "More is asked for than can be answered just now.",
  });

  const whole = await sample().app.inject(url);
  expect(whole.json()).toEqual(recommender().similar(songId, { maxPerArtist: 1, limit: 70 }));
  expect(whole.json().items.length).toBe(70);
});

it("a recommendation whose search is refused by the search threads is answered 503, in a batch by itself, and whole when it is asked for again", async () => {
  const songs = sample().songsOf("rock").slice(0, 3);
  const { search } = recommender();
  const real = search.nearest;
  const payload = { songs, strategy: "context", maxPerArtist: 1, limit: 70 };
  const ask = (url = "/v1/recommendations", body: object = payload) =>
    sample().app.inject({ method: "POST", url, payload: body });
  const aside = vi.spyOn(search, "asksThread").mockReturnValue(true);
  const nearest = vi
    .spyOn(search, "nearest")
    .mockImplementationOnce(real)
    .mockRejectedValueOnce(createError("OVERLOADED"));
  onTestFinished(() => {
    aside.mockRestore();
    nearest.mockRestore();
  });

  const refused = await ask();
  expect(nearest).toHaveBeenCalledTimes(2);
  expect(refused.statusCode).toBe(503);
  expect(refused.headers).toMatchObject({
    "retry-after": "1",
    "content-type": "application/problem+json; charset=utf-8",
  });
  expect(refused.json()).toMatchObject({ status: 503, code: "OVERLOADED" });

  nearest.mockRejectedValueOnce(createError("OVERLOADED"));
  const { results } = (await ask("/v1/recommendations/batch", { requests: [payload, payload] })).json();
  const whole = recommender().recommend({
    ...recommendationRequestSchema.parse(payload),
    songs: songs.map((songId) => ({ songId, weight: 1 })),
  });
  expect(results).toEqual([expect.objectContaining({ status: 503, code: "OVERLOADED" }), whole]);
  expect((await ask()).json()).toEqual(whole);
  expect(whole.items.length).toBe(70);
});

it("a recommendation of which a later step is refused is refused as a whole, in a batch by itself, and leaves nothing behind", async () => {
  const [jazz, rock] = [sample().songsOf("jazz").slice(0, 4), sample().songsOf("rock").slice(0, 4)];
  const request = recommendationRequestSchema.parse({ groups: [jazz, rock], limit: 20, explain: true });
  const deps = (inTurn: Turns) => ({
    inTurn,
    admitted: createAdmission({ longestWait: 1000, fewest: 1 }),
    recommended: createModelCache(recommender, "utf8"),
    metrics: createMetrics({
      version: "0.0.0",
      logger: pino({ level: "silent" }),
      preset: "tuned",
      workers: 1,
      ...sample().service,
    }),
  });
  const before = await recommend(deps(refusing(-1)), recommender(), request);
  for (const step of [0, 1, 2])
    await expect(recommend(deps(refusing(step)), recommender(), request)).rejects.toMatchObject({ code: "OVERLOADED" });
  expect(await recommend(deps(refusing(-1)), recommender(), request)).toEqual(before);
  const batch = await recommendEach(deps(refusing(1)), recommender(), [request, request]);
  expect(batch).toEqual([expect.objectContaining({ status: 503, code: "OVERLOADED" }), before.answer]);
});
