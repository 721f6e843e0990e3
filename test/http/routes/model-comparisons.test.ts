import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createComparisons } from "../../../src/service/comparisons.ts";
import { compareModels } from "../../../src/evaluate/compare.ts";
import { openVersions, type Versions } from "../../../src/model/format/versions.ts";
import { createTestService, type TestService } from "../../helpers/service.ts";
import { fourSongs, publishModel } from "../../model/small-models.ts";

let test: TestService;
let versions: Versions;

beforeAll(async () => {
  test = await createTestService();
  versions = await openVersions(join(test.folder, "data/models"));
  await publishModel(versions, fourSongs);
  await publishModel(versions, {
    ...fourSongs,
    songs: fourSongs.songs.map((song) => ({ ...song, id: `${song.id}${song.id === "a" ? "!" : ""}` })),
    output: null,
  });
  await publishModel(versions, fourSongs);
  await test.service.begin();
  const damaged = join(test.folder, "data/models/3/songs.jsonl");
  await writeFile(damaged, (await readFile(damaged, "utf8")).replace("Alpha", "Alphb"));
});
afterAll(() => test.close());

const compare = (path: string) => test.app.inject({ url: `/v1/models/${path}` });
const numbered = async (version: number) => ({ version, ...(await versions.find(version)) });

describe("the comparison of two model versions", () => {
  it("returns the differences", async () => {
    const response = await compare("1/compare/2?songs=3&limit=2");
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual(await compareModels(await numbered(1), await numbered(2), { songs: 3, limit: 2 }));
    expect(response.json().songs).toMatchObject({
      gained: 1,
      lost: 1,
      mostPlayedGained: [{ songId: "a!", count: 40, title: "Alpha", artist: "The As" }],
    });
  });

  it("accepts several concurrent requests", async () => {
    const responses = await Promise.all(["1/compare/2", "2/compare/1", "1/compare/1", "1/compare/2"].map(compare));
    expect(responses.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200]);
    expect(responses.map((result) => result.json().songs.gained)).toEqual([1, 1, 0, 1]);
  });

  it.each([
    ["an unknown version", "1/compare/9", 404, "MODEL_NOT_FOUND"],
    ["a path as a version", "1/compare/..%2f1", 400, "VALIDATION_FAILED"],
    ["too many songs", "1/compare/2?songs=1000000", 400, "VALIDATION_FAILED"],
    ["a damaged version", "1/compare/3", 500, "MODEL_DAMAGED"],
  ])("is refused for %s", async (_, path, status, code) => {
    expect((await compare(path)).json()).toMatchObject({ status, code });
  });

  it("ends if its client disconnects, and at most eight wait", async () => {
    const comparisons = createComparisons();
    const controller = new AbortController();
    const [a, b] = [await numbered(1), await numbered(2)];
    const pending = Array.from({ length: 9 }, (_, i) =>
      comparisons.compare(a, b, { songs: i + 1, limit: 1 }, controller.signal),
    );
    controller.abort();
    const outcomes = await Promise.allSettled(pending);
    expect(outcomes.map((outcome) => (outcome.status === "rejected" ? outcome.reason.code : "done"))).toEqual([
      ...Array.from({ length: 8 }, () => "CANCELLED"),
      "COMPARISON_QUEUE_FULL",
    ]);
    await comparisons.close();
  });
});
