import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createDataDirectory } from "../helpers/built-service.ts";
import { report, timeLimit } from "../helpers/fault-form.ts";
import { followJob, request, requestServed } from "../helpers/http.ts";
import { childrenOf, isAlive, until } from "../helpers/process.ts";

const long = { epochs: 10_000, vectorSize: 64 };
const short = { epochs: 1, vectorSize: 8 };

async function startJob(port: number, hyperparameters: object, rest: object = {}): Promise<string> {
  return (await requestServed(port, "/v1/training-jobs", { json: { hyperparameters, ...rest } })).json.jobId;
}

/** Blocks the main thread of the trainer once it has its task. */
async function busyTrainer(folder: string): Promise<{ NODE_OPTIONS: string }> {
  const busy = join(folder, "busy.mjs");
  await writeFile(
    busy,
    [
      "import { writeSync } from 'node:fs';",
      "if (process.argv[1]?.endsWith('trainer.js'))",
      "  process.prependListener('message', ({ hyperparameters }) => {",
      "    if (hyperparameters.epochs > 1) { writeSync(2, 'busy\\n'); for (;;); }",
      "  });",
    ].join("\n"),
  );
  return { NODE_OPTIONS: `--import=${busy}` };
}

it("row 9: a trainer that hangs fails its job within 2 s of the deadline, and the next job runs", async () => {
  const service = await createDataDirectory();
  const { port, child } = await service.start(await busyTrainer(service.folder));
  const started = performance.now();
  const hanging = await startJob(port, long, { deadlineSeconds: 10 });
  await until(async () => (await request(port, `/v1/training-jobs/${hanging}`)).json.log.includes("busy"));
  const [trainer = 0] = childrenOf(child.pid);
  expect(isAlive(trainer)).toBe(true);
  const next = await startJob(port, short);
  const job = await followJob(port, hanging);
  const late = performance.now() - started - 10_000;
  expect(job).toMatchObject({ state: "failed", error: { code: "TRAINING_DEADLINE" } });
  expect(late).toBeLessThan(timeLimit(2000));
  expect(isAlive(trainer)).toBe(false);
  expect(await followJob(port, next)).toMatchObject({ state: "succeeded" });
  report(9, { "failed after the deadline by ms": late });
});

it("row 9: a trainer that is killed fails its job with the reason, and the next job runs", async () => {
  const service = await createDataDirectory();
  const { port, child } = await service.start();
  const killed = await startJob(port, long);
  const next = await startJob(port, short);
  await until(() => childrenOf(child.pid).length > 0);
  for (const trainer of childrenOf(child.pid)) process.kill(trainer, "SIGKILL");
  expect(await followJob(port, killed)).toMatchObject({
    state: "failed",
    error: { code: "TRAINER_FAILED", message: "Trainer process failed: killed by SIGKILL" },
  });
  expect(await followJob(port, next)).toMatchObject({ state: "succeeded" });
});

it("row 33: a trainer that sends invalid messages fails its job; the next job runs", async () => {
  const service = await createDataDirectory();
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
  const { port, child } = await service.start({ NODE_OPTIONS: `--import=${nonsense}` });
  for (const epochs of [2, 3, 4]) {
    const job = await followJob(port, await startJob(port, { ...short, epochs }));
    expect([epochs, job.state, job.modelVersion]).toEqual([epochs, "failed", null]);
    expect(childrenOf(child.pid).filter(isAlive)).toEqual([]);
    expect((await request(port, "/health/ready")).status).toBe(200);
  }
  expect(await followJob(port, await startJob(port, short))).toMatchObject({ state: "succeeded" });
});

it("row 10: a trainer with a blocked main thread exits after its server is killed; the job is repeated", async () => {
  const service = await createDataDirectory();
  const served = await service.start(await busyTrainer(service.folder));
  const { port, child } = served;
  const jobId = await startJob(port, { ...short, epochs: 2 });
  await until(async () => (await request(port, `/v1/training-jobs/${jobId}`)).json.log.includes("busy"));
  const trainers = childrenOf(child.pid);
  expect(trainers.filter(isAlive)).toHaveLength(1);
  await served.kill();
  const exitedAfter = await until(() => !trainers.some(isAlive), timeLimit(5000));
  report(10, { "orphan exited after ms": exitedAfter });

  const again = await service.start();
  const { items } = (await request(again.port, "/v1/training-jobs")).json;
  expect(items.find((job: { jobId: string }) => job.jobId === jobId)).toMatchObject({
    state: "interrupted",
    error: { code: "INTERRUPTED" },
  });
  const repeat = items.find((job: { repeats: string | null }) => job.repeats === jobId);
  expect(await followJob(again.port, repeat.jobId)).toMatchObject({ state: "succeeded", trigger: "restart" });
});
