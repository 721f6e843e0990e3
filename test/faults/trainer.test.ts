import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { report } from "../helpers/built-service.ts";
import { followJob, isAlive, lastingService, send, childrenOf, until } from "../helpers/lasting-service.ts";

const long = { epochs: 10_000, vectorSize: 64 };
const short = { epochs: 1, vectorSize: 8 };

async function startJob(url: string, hyperparameters: object, rest: object = {}): Promise<string> {
  return (await send(url, "/v1/training-jobs", "POST", { hyperparameters, ...rest })).json.jobId;
}

/** What has a trainer's main thread busy for good once it has its task. */
async function busyTrainer(folder: string): Promise<{ NODE_OPTIONS: string }> {
  const busy = join(folder, "busy.mjs");
  await writeFile(
    busy,
    "import { writeSync } from 'node:fs';\nif (process.argv[1]?.endsWith('trainer.js')) process.prependListener('message', ({ hyperparameters }) => { if (hyperparameters.epochs > 1) { writeSync(2, 'busy\\n'); for (;;); } });\n",
  );
  return { NODE_OPTIONS: `--import=${busy}` };
}

it("row 9: a trainer that hangs fails its job within 2 s of its deadline, and the next job runs", async () => {
  const service = await lastingService();
  await (await service.start()).kill("SIGTERM");
  const { url, child } = await service.start(await busyTrainer(service.folder));
  const started = performance.now();
  const hanging = await startJob(url, long, { deadlineSeconds: 10 });
  await until(async () => (await send(url, `/v1/training-jobs/${hanging}`, "GET")).json.log.includes("busy"), 9000);
  const [trainer = 0] = childrenOf(child.pid);
  expect(isAlive(trainer)).toBe(true);
  const next = await startJob(url, short);
  const job = await followJob(url, hanging);
  const late = performance.now() - started - 10_000;
  expect(job).toMatchObject({ state: "failed", error: { code: "TRAINING_DEADLINE" } });
  expect(late).toBeLessThan(2000);
  expect(isAlive(trainer)).toBe(false);
  expect(await followJob(url, next)).toMatchObject({ state: "succeeded" });
  report(9, { "failed after the deadline by ms": late });
}, 120_000);

it("row 9: a trainer that is killed fails its job with the reason, and the next job runs", async () => {
  const service = await lastingService();
  const { url, child } = await service.start();
  const killed = await startJob(url, long);
  const next = await startJob(url, short);
  await until(() => childrenOf(child.pid).length > 0, 5000);
  for (const trainer of childrenOf(child.pid)) process.kill(trainer, "SIGKILL");
  expect(await followJob(url, killed)).toMatchObject({
    state: "failed",
    error: { code: "TRAINER_FAILED", message: "The trainer ended without a model: it was ended by SIGKILL" },
  });
  expect(await followJob(url, next)).toMatchObject({ state: "succeeded" });
}, 120_000);

it("row 33: a trainer that sends nonsense fails its job; the server serves, and the next job runs", async () => {
  const service = await lastingService();
  await (await service.start()).kill("SIGTERM");
  const nonsense = join(service.folder, "nonsense.mjs");
  await writeFile(
    nonsense,
    `if (process.argv[1]?.endsWith('trainer.js')) process.prependListener('message', ({ hyperparameters }) => {
      const { epochs } = hyperparameters;
      if (epochs === 2) process.send({ type: 'epoch', epoch: 1, loss: NaN, validation: null, songsPerSecond: 1 });
      if (epochs === 3) process.send('nonsense');
      if (epochs === 4) process.send({ type: 'failed', code: 'NO_SUCH_CODE', message: 'of another release' });
    });`,
  );
  const { url, child } = await service.start({ NODE_OPTIONS: `--import=${nonsense}` });
  for (const epochs of [2, 3, 4]) {
    const job = await followJob(url, await startJob(url, { ...short, epochs }));
    expect([epochs, job.state, job.modelVersion]).toEqual([epochs, "failed", null]);
    expect(childrenOf(child.pid).filter(isAlive)).toEqual([]);
    expect((await send(url, "/health/ready", "GET")).status).toBe(200);
  }
  expect(await followJob(url, await startJob(url, short))).toMatchObject({ state: "succeeded" });
}, 120_000);

it("row 10: a trainer whose main thread is busy does not outlive a server that is killed; the job is interrupted and runs again", async () => {
  const service = await lastingService();
  await (await service.start()).kill("SIGTERM");
  const served = await service.start(await busyTrainer(service.folder));
  const { url, child } = served;
  const jobId = await startJob(url, { ...short, epochs: 2 });
  await until(async () => (await send(url, `/v1/training-jobs/${jobId}`, "GET")).json.log.includes("busy"), 20_000);
  const trainers = childrenOf(child.pid);
  expect(trainers.filter(isAlive)).toHaveLength(1);
  await served.kill();
  const gone = await until(() => !trainers.some(isAlive), 5000);
  report(10, { "orphan gone after ms": gone });

  const again = await service.start();
  const { items } = (await send(again.url, "/v1/training-jobs", "GET")).json;
  expect(items.find((job: { jobId: string }) => job.jobId === jobId)).toMatchObject({
    state: "interrupted",
    error: { code: "INTERRUPTED" },
  });
  const repeat = items.find((job: { repeats: string | null }) => job.repeats === jobId);
  expect(await followJob(again.url, repeat.jobId)).toMatchObject({ state: "succeeded", trigger: "restart" });
}, 120_000);
