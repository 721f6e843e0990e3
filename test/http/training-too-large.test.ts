import { join } from "node:path";
import { expect, it } from "vitest";
import { openVersions } from "../../src/model/format/versions.ts";
import { createTestService } from "../helpers/service.ts";
import { publishModel } from "../model/small-models.ts";

it("a training that can not fit is refused at once, with the figure and with what would fit", async () => {
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
      "Training 140,000 songs in 4096 dimensions needs 4.28 GiB, the limit of WebAssembly is 4.00 GiB: vectorSize 3,824, maxVocabulary 130,000, or minCount 4 would fit.",
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
