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

  it("builds an index with each training and reports its recall", async () => {
    expect(await get("/v1/models/1")).toMatchObject({ index: { kind: "hnsw", recallAt10: 1 } });
    const {
      items: [job],
    } = await get("/v1/training-jobs");
    expect(job.log).toContainEqual(
      expect.stringMatching(/^HNSW index built in [\d.]+ s: recall@10 100\.0 %, efSearch 32$/),
    );
    expect((await test.app.inject("/metrics")).payload).toMatch(/^song2vec_index_recall 1$/m);
  });

  it("finds similar songs with the index, and uses the scan for filtered queries", async () => {
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
