import { createError, describeError, Song2vecError } from "../../errors.ts";
import type { LoggedEvent } from "./event-log.ts";
import type { Job } from "./job-kind.ts";
import { createJobList, type Entry, type Idempotency, type JobListOptions, notIdempotent } from "./job-list.ts";
import { createMutex, type Mutex } from "./mutex.ts";

export interface QueueOptions<J extends Job, Request, Event> extends JobListOptions<J, Request, Event> {
  /** Shared by queues that run at most one job between them. */
  readonly mutex?: Mutex;
}

/** Durable queue of one kind of jobs, which run one at a time, first in, first out. */
export interface Queue<J extends Job, Request> {
  /**
   * Loads the stored jobs. A job that was running becomes `interrupted` and is repeated once. Jobs run after `start`
   * only.
   */
  restore(): Promise<void>;
  /** Starts running jobs. */
  start(): void;
  /** Resolves once the job is durable. @throws TRAINING_QUEUE_FULL, IDEMPOTENCY_KEY_REUSED, STORAGE_FULL */
  add(request: Request, idempotency?: Idempotency): Promise<J>;
  /** Newest first. */
  list(): J[];
  /** @throws TRAINING_JOB_NOT_FOUND */
  get(jobId: string): J;
  /** Resolves after the child process of the job has exited. @throws TRAINING_JOB_NOT_FOUND, TRAINING_JOB_ENDED */
  cancel(jobId: string): Promise<J>;
  /** Resolves once the job has ended, or the queue is closed. */
  waitForEnd(jobId: string): Promise<J>;
  /**
   * Events of a job: first the job itself as `job`, then each change, at last the ended job as `end`.
   * @param lastId resumes after this event, without `job`, if the event is still in the log
   * @throws TRAINING_JOB_NOT_FOUND
   */
  events(jobId: string, lastId: string | undefined, signal: AbortSignal): AsyncGenerator<LoggedEvent>;
  /** Interrupts the running job. Queued jobs stay stored for the next start. */
  close(): Promise<void>;
}

const maxQueuedJobs = 20;

export function createQueue<J extends Job, Request, Event>({
  mutex = createMutex(),
  ...options
}: QueueOptions<J, Request, Event>): Queue<J, Request> {
  const { kind, clock = () => new Date() } = options;
  const jobs = createJobList(options);
  const inState = (state: Job["state"]) => jobs.all().filter(({ job }) => job.state === state);
  let started = false;
  let running = false;
  let closed = false;

  const next = () => (started && !closed ? inState("queued").find(({ durable }) => durable) : undefined);

  async function runNext(): Promise<void> {
    if (running || !next()) return;
    running = true;
    await mutex.run(async () => {
      const entry = next();
      if (entry) await runEntry(entry);
    });
    running = false;
    void runNext();
  }

  async function runEntry(entry: Entry<J>): Promise<void> {
    const { signal } = entry.controller;
    const deadline = kind.deadlineSeconds(entry.job);
    const timer = setTimeout(
      () => entry.controller.abort(createError("TRAINING_DEADLINE", { seconds: deadline })),
      deadline * 1000,
    );
    let trainingStartedAt = 0;
    jobs.update(entry, {
      state: "running",
      startedAt: clock().toISOString(),
      progress: { phase: "reading", share: 0, etaSeconds: null },
    });
    try {
      const emit = (event: Event) => {
        const now = clock().getTime();
        if (kind.startsTraining(event)) trainingStartedAt = now;
        jobs.update(entry, kind.applyEvent(entry.job, event, trainingStartedAt, now), event);
      };
      const rejection = await kind.run(entry.job, { emit, update: (changes) => jobs.update(entry, changes), signal });
      if (rejection) await jobs.end(entry, "rejected", describeError(rejection));
      else await jobs.end(entry, "succeeded");
    } catch (error) {
      const reason: unknown = signal.aborted ? signal.reason : error;
      const code = signal.aborted && reason instanceof Song2vecError ? reason.code : undefined;
      if (code === "CANCELLED") await jobs.end(entry, "cancelled");
      else await jobs.end(entry, code === "INTERRUPTED" ? "interrupted" : "failed", describeError(reason));
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async restore() {
      const entries = await jobs.load();
      const repeated = new Set(entries.map(({ job }) => job.repeats));
      for (const entry of entries) {
        if (entry.job.state === "running")
          await jobs.end(entry, "interrupted", describeError(createError("INTERRUPTED")));
        const { state, jobId, repeats } = entry.job;
        if (state === "interrupted" && repeats === null && !repeated.has(jobId))
          await jobs.append(kind.repeatRequest(entry.job), jobId, notIdempotent);
      }
    },
    start() {
      started = true;
      void runNext();
    },
    async add(request, idempotency = notIdempotent) {
      const existing = jobs.findByKey(idempotency);
      if (existing) {
        await existing.saved;
        return existing.job;
      }
      if (inState("queued").length >= maxQueuedJobs)
        throw createError("TRAINING_QUEUE_FULL", { kind: kind.name, limit: maxQueuedJobs });
      const entry = await jobs.append(request, null, idempotency);
      void runNext();
      return entry.job;
    },
    list: () =>
      jobs
        .all()
        .map(({ job }) => job)
        .toReversed(),
    get: (jobId) => jobs.find(jobId).job,
    async cancel(jobId) {
      const entry = jobs.find(jobId);
      if (entry.job.endedAt !== null)
        throw createError("TRAINING_JOB_ENDED", { kind: kind.name, jobId, state: entry.job.state });
      entry.controller.abort(createError("CANCELLED"));
      if (entry.job.state === "queued") await jobs.end(entry, "cancelled");
      await entry.done.promise;
      return entry.job;
    },
    async waitForEnd(jobId) {
      const entry = jobs.find(jobId);
      await entry.done.promise;
      return entry.job;
    },
    async *events(jobId, lastId, signal) {
      const entry = jobs.find(jobId);
      const { events } = entry;
      const snapshot = (type: string): LoggedEvent => ({ id: events.currentId, type, data: entry.job });
      const resumeAt = lastId === undefined ? undefined : events.positionOf(lastId);
      const position = resumeAt ?? events.position;
      if (resumeAt === undefined) yield snapshot("job");
      for await (const event of events.after(position, signal)) yield event ?? snapshot("job");
      if (!signal.aborted) yield snapshot("end");
    },
    async close() {
      closed = true;
      const interrupted = inState("running");
      for (const { controller } of interrupted) controller.abort(createError("INTERRUPTED"));
      await Promise.all(interrupted.map(({ done }) => done.promise));
      await jobs.close();
    },
  };
}
