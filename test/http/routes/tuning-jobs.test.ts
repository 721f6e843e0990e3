import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestService, type TestService } from "../../helpers/service.ts";

let test: TestService;

beforeAll(async () => {
  test = await createTestService(undefined, { PRESET: "article" });
  test.service.queue.start();
  test.service.tuningQueue.start();
});
afterAll(() => test.close());

const post = (url: string, payload: object) => test.app.inject({ method: "POST", url, payload });
const small = { vectorSize: 8, epochs: 1 };

it("a tuning job reports its trials, and a training job accepts its result", async () => {
  const started = await post("/v1/tuning-jobs", { minutes: 2, trials: 3, hyperparameters: small });
  expect(started.statusCode).toBe(202);
  const { jobId } = started.json();
  expect(started.headers["location"]).toBe(`/v1/tuning-jobs/${jobId}`);
  const events = (await test.app.inject(`/v1/tuning-jobs/${jobId}/events`)).body;
  expect(events.match(/^event: trial$/gm)).toHaveLength(3);

  const job = (await test.app.inject(`/v1/tuning-jobs/${jobId}`)).json();
  expect(job).toMatchObject({
    state: "succeeded",
    given: small,
    base: { vectorSize: 8, negative: 20 },
    progress: { phase: "ended" },
    answer: { share: 1, trials: 3, hyperparameters: { vectorSize: expect.any(Number), epochs: expect.any(Number) } },
    error: null,
  });
  expect(job.trials.map(({ trial }: { trial: number }) => trial)).toEqual([1, 2, 3]);
  expect((await test.app.inject("/v1/tuning-jobs")).json()).toEqual({ items: [job] });

  const training = await post("/v1/training-jobs", { preset: job.preset, hyperparameters: job.answer.hyperparameters });
  expect(training.statusCode).toBe(202);
  expect(training.json().hyperparameters).toMatchObject(job.answer.hyperparameters);
  await test.service.queue.waitForEnd(training.json().jobId);
});

it("the presets are listed, with the default of the settings", async () => {
  const { default: used, items } = (await test.app.inject("/v1/presets")).json();
  expect(items.map(({ preset }: { preset: string }) => preset)).toEqual(["article", "tuned"]);
  expect(items[1].hyperparameters).toMatchObject({ epochs: 20, hs: true, workers: 1 });
  expect(used).toEqual(items[0]);
});

it("one tuning or training job runs at a time, and after a cancelled job the next one runs", async () => {
  const tuning = (await post("/v1/tuning-jobs", { minutes: 10, hyperparameters: { ...small, epochs: 10_000 } })).json();
  const training = (await post("/v1/training-jobs", { hyperparameters: small })).json();
  expect([tuning.state, training.state]).toEqual(["running", "queued"]);
  const cancelled = await test.app.inject({ method: "DELETE", url: `/v1/tuning-jobs/${tuning.jobId}` });
  expect(cancelled.json()).toMatchObject({ state: "cancelled", answer: null, endedAt: expect.any(String) });
  expect(await test.service.queue.waitForEnd(training.jobId)).toMatchObject({ state: "succeeded" });
  expect((await test.app.inject({ method: "DELETE", url: `/v1/tuning-jobs/${tuning.jobId}` })).json()).toMatchObject({
    status: 409,
    code: "TRAINING_JOB_ENDED",
  });
});

it.each([
  ["no time", { minutes: 0 }, 400],
  ["no minutes", {}, 400],
  ["settings that there are not", { minutes: 1, hyperparameters: { windows: 5 } }, 400],
])("is refused with %s", async (_, payload, status) => {
  expect((await post("/v1/tuning-jobs", payload)).statusCode).toBe(status);
});

it("an unknown tuning job is 404", async () => {
  expect((await test.app.inject("/v1/tuning-jobs/00000000-0000-0000-0000-000000000000")).json()).toMatchObject({
    status: 404,
    code: "TRAINING_JOB_NOT_FOUND",
    detail: expect.stringContaining("Tuning job"),
  });
});
