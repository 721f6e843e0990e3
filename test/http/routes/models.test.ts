import { join } from "node:path";
import { truncate } from "node:fs/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { openVersions } from "../../../src/model/format/versions.ts";
import { until } from "../../helpers/process.ts";
import { createTestService, type TestService } from "../../helpers/service.ts";
import { fourSongs, publishModel } from "../../model/small-models.ts";

async function serviceWith(versions: number, environment: Record<string, string> = {}): Promise<TestService> {
  const test = await createTestService(undefined, environment);
  onTestFinished(() => test.close());
  const folder = await openVersions(join(test.folder, "data/models"));
  for (let i = 0; i < versions; i++) await publishModel(folder, fourSongs);
  await test.service.begin();
  return test;
}

/** The next start on the same data directory. */
async function startAgain({ app, service, folder }: TestService): Promise<TestService> {
  await service.close();
  await app.close();
  const next = await createTestService(undefined, { DATA_DIR: join(folder, "data") });
  await next.service.begin();
  return next;
}

const send = async ({ app }: TestService, method: "GET" | "POST" | "DELETE", url: string) => {
  const response = await app.inject({ method, url });
  return { status: response.statusCode, body: response.body === "" ? null : response.json() };
};
const activeOf = async (test: TestService) =>
  (await send(test, "GET", "/v1/models")).body.items
    .filter(({ active }: { active: boolean }) => active)
    .map(({ version }: { version: number }) => version);

it("a version is activated with one request, back or forward, and stays active after a restart", async () => {
  const test = await serviceWith(3);
  expect(await activeOf(test)).toEqual([3]);
  expect(await send(test, "POST", "/v1/models/1/activate")).toMatchObject({
    status: 200,
    body: { version: 1, active: true },
  });
  expect((await send(test, "GET", "/v1/songs/a/similar")).body).toMatchObject({ modelVersion: 1 });
  expect((await send(test, "POST", "/v1/models/2/activate")).status).toBe(200);
  expect(await activeOf(test)).toEqual([2]);
  const next = await startAgain(test);
  expect(await activeOf(next)).toEqual([2]);
  await next.close();
});

it("the standby version is activated from memory, until it is deleted", async () => {
  const test = await serviceWith(3);
  await send(test, "POST", "/v1/models/1/activate");
  await truncate(join(test.folder, "data/models/3/vectors.safetensors"), 100);
  expect(await send(test, "POST", "/v1/models/3/activate")).toMatchObject({
    status: 200,
    body: { version: 3, active: true },
  });
  expect((await send(test, "GET", "/v1/songs/a/similar")).body).toMatchObject({ modelVersion: 3 });
  expect((await send(test, "DELETE", "/v1/models/1")).status).toBe(204);
  expect((await send(test, "POST", "/v1/models/1/activate")).status).toBe(404);
});

it("a start activates the newest valid version if the active one is corrupt", async () => {
  const test = await serviceWith(4);
  await send(test, "POST", "/v1/models/2/activate");
  for (const version of [2, 4]) await truncate(join(test.folder, `data/models/${version}/vectors.safetensors`), 100);
  const next = await startAgain(test);
  expect(await activeOf(next)).toEqual([3]);
  await next.close();
});

it("a corrupt version is not activated, and reports its problem", async () => {
  const test = await serviceWith(2);
  await truncate(join(test.folder, "data/models/1/vectors.safetensors"), 100);
  expect(await send(test, "POST", "/v1/models/1/activate")).toMatchObject({
    status: 422,
    body: {
      code: "MODEL_UNSOUND",
      detail: expect.stringMatching(/^Cannot load model version 1: .*vectors\.safetensors is corrupt/),
    },
  });
  expect(await send(test, "GET", "/v1/models/1")).toMatchObject({
    status: 200,
    body: { version: 1, problem: expect.stringContaining("vectors.safetensors") },
  });
  expect(await activeOf(test)).toEqual([2]);
});

it("a version with a non-finite vector is never activated, by a request or by a start", async () => {
  const test = await serviceWith(2);
  const broken = await publishModel(await openVersions(join(test.folder, "data/models")), {
    ...fourSongs,
    input: [
      [1, 0],
      [Number.NaN, 0.8],
      [0, 1],
      [-1, 0],
    ],
    output: fourSongs.output ?? [],
  });
  expect(await send(test, "POST", `/v1/models/${broken}/activate`)).toMatchObject({
    status: 422,
    body: { code: "MODEL_UNSOUND", detail: expect.stringContaining("the input vector of row 1 is not finite") },
  });
  expect(await activeOf(test)).toEqual([2]);
  const next = await startAgain(test);
  expect(await activeOf(next)).toEqual([2]);
  await next.close();
});

it("a version is deleted unless it is active or a job starts from it, and its number is not reused", async () => {
  const test = await serviceWith(3);
  const hyperparameters = { vectorSize: 2, epochs: 10_000 };
  const job = await test.app.inject({
    method: "POST",
    url: "/v1/training-jobs",
    payload: { warmStart: 2, hyperparameters },
  });
  expect(await send(test, "DELETE", "/v1/models/2")).toMatchObject({ status: 409, body: { code: "MODEL_IN_USE" } });
  await send(test, "DELETE", `/v1/training-jobs/${job.json().jobId}`);
  expect(await send(test, "DELETE", "/v1/models/3")).toMatchObject({
    status: 409,
    body: { code: "MODEL_IN_USE", detail: "Cannot delete model version 3: it is active." },
  });
  await send(test, "POST", "/v1/models/1/activate");
  expect(await send(test, "DELETE", "/v1/models/3")).toMatchObject({ status: 204, body: null });
  expect((await send(test, "GET", "/v1/models/3")).status).toBe(404);
  expect((await send(test, "DELETE", "/v1/models/3")).status).toBe(404);
  expect(await publishModel(await openVersions(join(test.folder, "data/models")), fourSongs)).toBe(4);
});

it.each(["0", "01", "x", "..%2f..", "%00", "1e3", "1000000000", "-1"])("%s is not a version", async (version) => {
  const test = await serviceWith(1);
  for (const [method, suffix] of [
    ["GET", ""],
    ["POST", "/activate"],
    ["DELETE", ""],
  ] as const) {
    expect(await send(test, method, `/v1/models/${version}${suffix}`)).toMatchObject({
      status: 400,
      body: { code: "VALIDATION_FAILED" },
    });
  }
});

it("the oldest versions are deleted after a training, never the active one", async () => {
  const test = await serviceWith(4, { KEEP_MODELS: "3" });
  await send(test, "POST", "/v1/models/1/activate");
  const { jobId } = (
    await test.app.inject({
      method: "POST",
      url: "/v1/training-jobs",
      payload: { hyperparameters: { epochs: 1, vectorSize: 8 }, activate: "never" },
    })
  ).json();
  expect(await test.service.queue.waitForEnd(jobId)).toMatchObject({ state: "succeeded", modelVersion: 5 });
  const { items } = (await send(test, "GET", "/v1/models")).body;
  expect(items.map(({ version, active }: { version: number; active: boolean }) => [version, active])).toEqual([
    [1, true],
    [4, false],
    [5, false],
  ]);
});

it("a version in detail has what its training job reports; the list does not", async () => {
  const test = await serviceWith(1);
  const { jobId } = (
    await test.app.inject({
      method: "POST",
      url: "/v1/training-jobs",
      payload: { hyperparameters: { epochs: 1, vectorSize: 8, holdOut: 40 }, activate: "never" },
    })
  ).json();
  const { hyperparameters, data, evaluation } = await test.service.queue.waitForEnd(jobId);
  expect(evaluation?.methods.map(({ method }) => method)).toContain("blend");
  const { body } = await send(test, "GET", "/v1/models/2");
  expect(body).toMatchObject({ hyperparameters, data: JSON.parse(JSON.stringify(data)), evaluation, sample: false });
  expect((await send(test, "GET", "/v1/models")).body.items[1]).not.toHaveProperty("evaluation");
});

describe("a version that is activated during a training", () => {
  const start = async (test: TestService, activate: string, epochs = 400): Promise<string> => {
    const payload = { preset: "article", hyperparameters: { epochs, vectorSize: 16 }, activate };
    const { jobId } = (await test.app.inject({ method: "POST", url: "/v1/training-jobs", payload })).json();
    await until(() => test.service.queue.get(jobId).epochs.length > 0);
    return jobId;
  };

  it.each(["ifBetter", "always"])(
    "stays active; the new version is kept, and its job is rejected: %s",
    async (activate) => {
      const test = await serviceWith(2, { MOST_SONGS_LOST: "1" });
      const jobId = await start(test, activate);
      expect((await send(test, "POST", "/v1/models/1/activate")).status).toBe(200);
      const job = await test.service.queue.waitForEnd(jobId);
      expect(job).toMatchObject({
        state: "rejected",
        modelVersion: 3,
        error: {
          code: "MODEL_REJECTED",
          message:
            "New model version not activated: model version 1 was activated while the job ran. The active version stays in use.",
        },
      });
      expect(await activeOf(test)).toEqual([1]);
      expect((await send(test, "POST", "/v1/models/3/activate")).status).toBe(200);
    },
  );

  it("stays active after the first training of a start, which does not end the server", async () => {
    const test = await createTestService(undefined, { PRESET: "article" });
    onTestFinished(() => test.close());
    const begun = test.service.begin();
    await until(() => (test.service.queue.list()[0]?.epochs.length ?? 0) > 0);
    await publishModel(await openVersions(join(test.folder, "data/models")), fourSongs);
    expect((await send(test, "POST", "/v1/models/1/activate")).status).toBe(200);
    await begun;
    expect(test.service.queue.list()[0]).toMatchObject({ state: "rejected", modelVersion: 2 });
    expect(await activeOf(test)).toEqual([1]);
  });

  it("and deactivated in time changes nothing", async () => {
    const test = await serviceWith(2, { MOST_SONGS_LOST: "1" });
    const jobId = await start(test, "ifBetter");
    for (const version of [1, 2]) await send(test, "POST", `/v1/models/${version}/activate`);
    expect(await test.service.queue.waitForEnd(jobId)).toMatchObject({ state: "succeeded", modelVersion: 3 });
    expect(await activeOf(test)).toEqual([3]);
  });

  it("does not permit deletion of the previous version, which the job is compared with", async () => {
    const test = await serviceWith(3, { MOST_SONGS_LOST: "1" });
    const jobId = await start(test, "ifBetter");
    await send(test, "POST", "/v1/models/1/activate");
    expect(await send(test, "DELETE", "/v1/models/3")).toMatchObject({
      status: 409,
      body: { code: "MODEL_IN_USE", detail: "Cannot delete model version 3: a training job needs it." },
    });
    expect((await send(test, "DELETE", "/v1/models/2")).status).toBe(204);
    expect(await test.service.queue.waitForEnd(jobId)).toMatchObject({ state: "rejected", gate: { activeVersion: 3 } });
    expect((await send(test, "DELETE", "/v1/models/3")).status).toBe(204);
  });
});
