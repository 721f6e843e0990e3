import { join } from "node:path";
import { expect, it } from "vitest";
import { openVersions } from "../../src/model/format/versions.ts";
import { createTestService } from "../helpers/service.ts";
import { publishModel } from "../model/small-models.ts";

it("a training job that needs too much memory is rejected at once, with its size and a size that fits", async () => {
  const test = await createTestService();
  const songs = Array.from({ length: 140_000 }, (_, i) => ({ id: `${i}`, count: i < 70_000 ? 9 : 3 }));
  await publishModel(await openVersions(join(test.folder, "data/models")), { songs, input: songs.map(() => [1]) });
  await test.service.begin();
  const start = (hyperparameters: object) =>
    test.app.inject({ method: "POST", url: "/v1/training-jobs", payload: { hyperparameters } });

  const refused = await start({ vectorSize: 4096 });
  expect(refused.statusCode).toBe(422);
  expect(refused.json()).toMatchObject({
    code: "TRAINING_TOO_LARGE",
    detail:
      "Not enough memory: 140,000 songs with vectorSize 4096 need 4.28 GiB, and WebAssembly has 4.00 GiB. " +
      "Use vectorSize 3,824, maxVocabulary 130,000, or minCount 4.",
  });
  expect(test.service.queue.list()).toEqual([]);
  for (const lower of [
    { vectorSize: 3824 },
    { vectorSize: 4096, maxVocabulary: 130_000 },
    { vectorSize: 4096, minCount: 4 },
  ]) {
    expect((await start(lower)).statusCode).toBe(202);
  }
  await test.close();
});
