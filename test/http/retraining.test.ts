import { rename } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import { readConfig } from "../../src/config.ts";
import { openVersions } from "../../src/model/format/versions.ts";
import { until } from "../helpers/process.ts";
import { createTestService } from "../helpers/service.ts";
import { fourSongs, publishModel } from "../model/small-models.ts";

async function serviceWithModel(
  { onTestFinished }: Pick<TestContext, "onTestFinished">,
  environment: Record<string, string>,
) {
  const test = await createTestService(undefined, environment);
  onTestFinished(() => test.close());
  await publishModel(await openVersions(join(test.folder, "data/models")), fourSongs);
  await test.service.begin();
  const jobs = (trigger: string) => test.service.queue.list().filter((job) => job.trigger === trigger);
  return { ...test, jobs };
}

/** These tests mostly wait. */
describe.concurrent("changed playlists", () => {
  it("start a training job after RETRAIN_AFTER; each playlist counts once", async (context) => {
    const { service, jobs } = await serviceWithModel(context, {
      RETRAIN_AFTER: "3 playlists",
      HYPERPARAMETERS: '{"vectorSize":7}',
    });
    const { playlists, queue } = service;
    const put = (playlistId: string) => playlists.put({ playlistId, songs: ["1", "2", "3", "4"] });
    for (const id of ["a", "a", "a", "b"]) await put(id);
    expect(await playlists.changesSince(0)).toBe(2);
    await playlists.remove("b");
    await put("c");
    await until(() => jobs("changes").length === 1);
    expect(jobs("changes")[0]?.hyperparameters).toMatchObject({ vectorSize: 7, epochs: 20, workers: 1 });
    expect(service.resolveRequest(undefined, { epochs: 3 }).hyperparameters).toMatchObject({
      vectorSize: 7,
      epochs: 3,
    });
    expect(service.resolveRequest("article", {}).hyperparameters).toMatchObject({ vectorSize: 256, epochs: 100 });
    await queue.cancel(jobs("changes")[0]?.jobId ?? "");
    for (const id of ["a", "b", "c"]) await put(id);
    await until(() => jobs("changes").length === 2);
  });

  it("start further training jobs until one succeeds", async (context) => {
    const { service, folder, jobs } = await serviceWithModel(context, { RETRAIN_AFTER: "1", MOST_SONGS_LOST: "1" });
    const [file, aside] = [join(folder, "playlists.csv"), join(folder, "playlists.aside")];
    await rename(file, aside);
    await service.playlists.put({ playlistId: "mine", songs: ["1", "2", "3", "4"] });
    await until(() => jobs("changes").at(-1)?.state === "failed");
    await rename(aside, file);
    await until(() => jobs("changes").some(({ state }) => state === "succeeded"));
    const before = jobs("changes").length;
    await new Promise((resolve) => setTimeout(resolve, 5000)); // two more checks
    expect(jobs("changes").length).toBe(before);
  });

  it("that a cancelled training job has read start no job by themselves", async (context) => {
    const { service, jobs } = await serviceWithModel(context, { RETRAIN_AFTER: "1", MOST_SONGS_LOST: "1" });
    const put = (playlistId: string) => service.playlists.put({ playlistId, songs: ["1", "2", "3", "4"] });
    await put("mine");
    await until(() => jobs("changes").length === 1);
    await service.queue.cancel(jobs("changes")[0]?.jobId ?? "");
    await new Promise((resolve) => setTimeout(resolve, 5000)); // two more checks
    expect(jobs("changes").length).toBe(1);
    await put("yours");
    await until(() => jobs("changes").some(({ state }) => state === "succeeded"));
  });
});

it("a schedule starts training jobs, one at a time", async (context) => {
  const { jobs } = await serviceWithModel(context, { RETRAIN_CRON: "* * * * * *" });
  await until(() => jobs("schedule").length === 1);
  expect(jobs("schedule").filter(({ endedAt }) => endedAt === null).length).toBeLessThanOrEqual(1);
});

it("a model of other playlists is never replaced by one of the synthetic sample", async (context) => {
  const { app, service } = await serviceWithModel(context, { PLAYLISTS: "" });
  const job = (await app.inject({ method: "POST", url: "/v1/training-jobs", payload: {} })).json();
  expect(await service.queue.waitForEnd(job.jobId)).toMatchObject({
    state: "failed",
    error: { code: "PLAYLISTS_NOT_SET" },
  });
  expect(service.activeModel.version()).toBe(1);
});

it.each([
  ["RETRAIN_CRON", "every night"],
  ["RETRAIN_CRON", "61 * * * *"],
  ["RETRAIN_AFTER", "0"],
  ["RETRAIN_AFTER", "many"],
  ["KEEP_MODELS", "1"],
  ["TRAINING_DEADLINE", "0"],
])("%s does not take %s", (name, value) => {
  expect(() => readConfig({}, { [name]: value })).toThrow(name);
});
