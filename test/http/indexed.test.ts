import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestService, type TestService } from "../helpers/service.ts";

describe("a service with INDEX=hnsw", () => {
  let test: TestService;
  const get = async (url: string) => (await test.app.inject(url)).json();

  beforeAll(async () => {
    test = await createTestService(undefined, { INDEX: "hnsw" });
    await test.service.begin();
  });
  afterAll(() => test.close());

  it("has an index built by each training, and says what it finds", async () => {
    expect(await get("/v1/models/1")).toMatchObject({ index: { kind: "hnsw", recallAt10: 1 } });
    const {
      items: [job],
    } = await get("/v1/training-jobs");
    expect(job.log).toContainEqual(
      expect.stringMatching(
        /^built an index in [\d.]+ s: it finds 100\.0 % of the ten songs most like a song, with 32 in view$/,
      ),
    );
    expect((await test.app.inject("/metrics")).payload).toMatch(/^song2vec_index_recall 1$/m);
  });

  it("answers what is like a song by it, and filtered questions by the scan", async () => {
    const recommender = test.service.activeModel.current();
    expect(recommender?.searchPlan.index).toBe("hnsw");
    const { items } = await get("/v1/songs/1/similar?limit=5");
    expect(
      items.map(({ songId }: { songId: string }) => Number(songId)).every((id: number) => id > 1 && id <= 12),
    ).toBe(true);
    const filtered = await get("/v1/songs/1/similar?limit=9&filter=genre:odd");
    expect(filtered.items.map(({ songId }: { songId: string }) => songId).toSorted()).toEqual(["3", "5"]);
  });
});
