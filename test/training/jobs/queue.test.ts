import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { createError } from "../../../src/errors.ts";
import { openLocalStore } from "../../../src/store/local/local-store.ts";
import type { Store } from "../../../src/store/store.ts";
import type { LoggedEvent } from "../../../src/training/jobs/event-log.ts";
import type { JobRequest } from "../../../src/training/jobs/training-job.ts";
import {
  createTrainingQueue,
  type Outcome,
  type RunJob,
  type TrainingQueue,
} from "../../../src/training/jobs/training-queue.ts";
import { resolveHyperparameters } from "../../../src/word2vec/hyperparameters.ts";
import { temporaryFolder } from "../../model/small-models.ts";

const request: JobRequest = {
  preset: "tuned",
  hyperparameters: resolveHyperparameters("tuned"),
  warmStart: null,
  activate: "ifBetter",
  deadlineSeconds: 60,
  trigger: "request",
};
const done: Outcome = { version: 7, rejection: null, replaces: 3, trainedRevision: 0 };

/** Runs until the signal aborts. */
const forever: RunJob = async (_, emit, signal) => {
  emit({ type: "kernel", kernel: "simd", refused: [] });
  emit({ type: "epoch", epoch: 1, loss: 2.5, validation: null, songsPerSecond: 1000 });
  if (!signal.aborted) await once(signal, "abort");
  throw createError("CANCELLED");
};

interface Process {
  readonly queue: TrainingQueue;
  readonly activated: number[];
}

/** A data directory for the queues of successive processes. */
async function place(): Promise<{ start: (run: RunJob) => Promise<Process>; kill: () => Promise<void> }> {
  const folder = await temporaryFolder();
  const open: Store[] = [];
  onTestFinished(async () => {
    for (const store of open) await store.close();
  });
  return {
    async start(run) {
      const store = await openLocalStore(folder);
      open.push(store);
      const activated: number[] = [];
      const queue = createTrainingQueue({
        store: store.jobs,
        run,
        activate: async (version, replaces) => {
          if (replaces !== 3) return { reason: `model version 3 was activated while the job ran` };
          activated.push(version);
          return null;
        },
      });
      await queue.restore();
      queue.start();
      return { queue, activated };
    },
    kill: async () => open.pop()?.close(),
  };
}

async function follow(events: AsyncGenerator<LoggedEvent>): Promise<LoggedEvent[]> {
  const all: LoggedEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const live = new AbortController().signal;

describe("training jobs", () => {
  it("report their epochs, log and version, and are stored", async () => {
    const { start, kill } = await place();
    const run: RunJob = async (_, emit) => {
      emit({ type: "kernel", kernel: "simd", refused: [] });
      emit({ type: "epoch", epoch: 1, loss: 2.5, validation: 0.25, songsPerSecond: 1000 });
      emit({ type: "output", text: "a line of\nthe trainer\n" });
      return done;
    };
    const { queue, activated } = await start(run);
    const { jobId } = await queue.add(request);
    const job = await queue.waitForEnd(jobId);
    expect(job).toMatchObject({
      state: "succeeded",
      modelVersion: 7,
      epochs: [{ epoch: 1, loss: 2.5 }],
      kernel: "simd",
      error: null,
    });
    expect(job.log.slice(-3)).toEqual([
      "epoch 1  loss 2.5000  NDCG@10 0.2500  1,000 songs/s",
      "a line of",
      "the trainer",
    ]);
    expect(activated).toEqual([7]);
    await kill();
    expect((await start(run)).queue.list()).toEqual([job]);
  });

  it("keep the last 50 lines of their log", async () => {
    const { queue } = await (
      await place()
    ).start(async (_, emit) => {
      for (let i = 0; i < 120; i++) emit({ type: "output", text: `line ${i}` });
      return done;
    });
    const { log } = await queue.waitForEnd((await queue.add(request)).jobId);
    expect(log).toEqual(Array.from({ length: 50 }, (_, i) => `line ${70 + i}`));
  });

  it.each(["ifBetter", "always"] as const)(
    "activate %s: rejected where another version was activated meanwhile",
    async (activate) => {
      const { queue, activated } = await (await place()).start(async () => ({ ...done, replaces: 2 }));
      const job = await queue.waitForEnd((await queue.add({ ...request, activate })).jobId);
      expect(job).toMatchObject({ state: "rejected", modelVersion: 7, error: { code: "MODEL_REJECTED" } });
      expect(job.error?.message).toContain("model version 3 was activated while the job ran");
      expect(activated).toEqual([]);
    },
  );

  it.each([
    ["ifBetter", null, "succeeded", [7]],
    ["ifBetter", { reason: "HR@10 fell from 0.3 to 0.2" }, "rejected", []],
    ["always", { reason: "HR@10 fell from 0.3 to 0.2" }, "succeeded", [7]],
    ["never", null, "succeeded", []],
  ] as const)("activate %s, with rejection %j: %s", async (activate, rejection, state, activations) => {
    const { queue, activated } = await (await place()).start(async () => ({ ...done, rejection }));
    const job = await queue.waitForEnd((await queue.add({ ...request, activate })).jobId);
    expect(job).toMatchObject({ state, modelVersion: 7 });
    expect(activated).toEqual(activations);
    expect(job.error).toEqual(
      state === "rejected"
        ? {
            code: "MODEL_REJECTED",
            message: "New model version not activated: HR@10 fell from 0.3 to 0.2. The active version stays in use.",
          }
        : null,
    );
  });

  it("fail with the reason if their version cannot be activated, and keep its number", async () => {
    const store = await openLocalStore(await temporaryFolder());
    const unsound = createError("MODEL_UNSOUND", { version: 7, reason: "the input vector of row 1 is not finite" });
    const queue = createTrainingQueue({
      store: store.jobs,
      run: async () => done,
      activate: () => Promise.reject(unsound),
    });
    queue.start();
    const { jobId } = await queue.add(request);
    expect(await queue.waitForEnd(jobId)).toMatchObject({
      state: "failed",
      modelVersion: 7,
      error: { code: "MODEL_UNSOUND", message: unsound.message },
    });
    await store.close();
  });

  it("fail at their deadline, and the next job runs", async () => {
    let runs = 0;
    const { queue } = await (
      await place()
    ).start((...args) => (runs++ === 0 ? forever(...args) : Promise.resolve(done)));
    const [late, next] = await Promise.all([queue.add({ ...request, deadlineSeconds: 0.05 }), queue.add(request)]);
    expect(await queue.waitForEnd(late.jobId)).toMatchObject({
      state: "failed",
      error: { code: "TRAINING_DEADLINE", message: "Deadline of 0.05 s exceeded." },
    });
    expect(await queue.waitForEnd(next.jobId)).toMatchObject({ state: "succeeded" });
  });

  it("are not duplicated by an idempotency key; another request with the same key is rejected", async () => {
    const { start, kill } = await place();
    const { queue } = await start(forever);
    const key = { idempotencyKey: "key", fingerprint: "a" };
    const [first, second] = await Promise.all([queue.add(request, key), queue.add(request, key)]);
    expect(second.jobId).toBe(first.jobId);
    await expect(queue.add(request, { ...key, fingerprint: "b" })).rejects.toMatchObject({
      code: "IDEMPOTENCY_KEY_REUSED",
    });
    expect((await queue.add(request)).jobId).not.toBe(first.jobId);
    await queue.close();
    await kill();
    const { queue: later } = await start(forever);
    expect((await later.add(request, key)).jobId).toBe(first.jobId);
    await later.close();
  });
});

describe("training jobs after a restart", () => {
  it("are interrupted and repeated once; queued jobs stay queued", async () => {
    const { start, kill } = await place();
    const first = await start(forever);
    const [ran, waited] = [await first.queue.add(request), await first.queue.add(request)];
    expect(first.queue.list().map(({ state }) => state)).toEqual(["queued", "running"]);
    await kill();

    const second = await start(forever);
    const [again, still, interrupted] = second.queue.list();
    expect(interrupted).toMatchObject({
      jobId: ran.jobId,
      state: "interrupted",
      error: { code: "INTERRUPTED" },
      endedAt: expect.any(String),
    });
    expect(still).toMatchObject({ jobId: waited.jobId, state: "running" });
    expect(again).toMatchObject({
      state: "queued",
      trigger: "restart",
      repeats: ran.jobId,
      hyperparameters: request.hyperparameters,
    });
    await second.queue.cancel(waited.jobId);
    for await (const { type } of second.queue.events(again?.jobId ?? "", undefined, live))
      if (type === "progress") break;
    expect(second.queue.get(again?.jobId ?? "")).toMatchObject({ state: "running" });
    await kill();

    const third = await start(async () => done);
    expect(third.queue.list().map(({ state }) => state)).toEqual(["interrupted", "cancelled", "interrupted"]);
  });

  it("are interrupted and repeated after an orderly shutdown too", async () => {
    const { start, kill } = await place();
    const first = await start(forever);
    const { jobId } = await first.queue.add(request);
    await first.queue.close();
    expect(first.queue.get(jobId)).toMatchObject({ state: "interrupted" });
    await kill();
    const { queue } = await start(async () => done);
    const [again] = queue.list();
    expect(await queue.waitForEnd(again?.jobId ?? "")).toMatchObject({ state: "succeeded", repeats: jobId });
    await kill();
    expect((await start(forever)).queue.list()).toHaveLength(2);
  });
});

describe("the events of a job", () => {
  it("start with `job` and finish with `end`", async () => {
    const listening = Promise.withResolvers<void>();
    const { queue } = await (
      await place()
    ).start(async (_, emit) => {
      await listening.promise;
      emit({ type: "kernel", kernel: "simd", refused: [] });
      emit({ type: "progress", songsDone: 1, songsInAll: 4 });
      emit({ type: "epoch", epoch: 1, loss: 2.5, validation: null, songsPerSecond: 1000 });
      return done;
    });
    const { jobId } = await queue.add(request);
    const coming = queue.events(jobId, undefined, live);
    const events: LoggedEvent[] = [];
    for await (const event of coming) {
      events.push(event);
      listening.resolve();
    }
    expect(events.at(0)).toMatchObject({ type: "job", data: { jobId } });
    expect(events.at(-1)).toMatchObject({ type: "end", data: { jobId, state: "succeeded", modelVersion: 7 } });
    expect(events.filter(({ type }) => type === "epoch").map(({ data }) => data)).toEqual([
      { epoch: 1, loss: 2.5, validation: null, songsPerSecond: 1000 },
    ]);
    expect(events).toContainEqual({
      id: expect.any(String),
      type: "progress",
      data: { phase: "training", share: 0.25, etaSeconds: expect.any(Number) },
    });

    const seen = events.findIndex(({ type }) => type === "epoch");
    const rest = await follow(queue.events(jobId, events[seen]?.id, live));
    expect(rest).toEqual(events.slice(seen + 1));
    expect(await follow(queue.events(jobId, "of another process-3", live))).toEqual([
      { ...events.at(-1), type: "job" },
      events.at(-1),
    ]);
  });

  it("arrive as they happen, and stop when the reader leaves", async () => {
    const { queue } = await (await place()).start(forever);
    const { jobId } = await queue.add(request);
    const controller = new AbortController();
    const events = queue.events(jobId, undefined, controller.signal);
    expect((await events.next()).value).toMatchObject({ type: "job", data: { state: "running" } });
    const cancelled = queue.cancel(jobId);
    expect((await events.next()).value).toMatchObject({ type: "state", data: { state: "cancelled" } });
    await cancelled;
    controller.abort();
    await follow(events);
    expect(() => queue.get("no such job")).toThrow();
  });
});
