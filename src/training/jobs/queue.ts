import { createError, Song2vecError } from "../../errors.ts";
import type { JobStore } from "../../store/store.ts";
import { EventLog, type LoggedEvent } from "./event-log.ts";
import { createJobKeeper, type StoredJob } from "./job-keeper.ts";
import type { Job, JobKind } from "./job-kind.ts";
import { createMutex, type Mutex } from "./mutex.ts";

export interface QueueOptions<J extends Job, Request, Event> {
  readonly kind: JobKind<J, Request, Event>;
  readonly store: JobStore;
  /** Shared by queues of which one job runs at a time. */
  readonly mutex?: Mutex;
  readonly onChange?: (job: J, event?: Event) => void;
  /** Told where a job could not be saved; it is tried again. */
  readonly onUnsaved?: (error: unknown) => void;
  readonly clock?: () => Date;
}

/** A key of the client's choice, under which it may ask again, and what tells whether it asks for the same. */
export type Idempotency = Pick<StoredJob<Job>, "idempotencyKey" | "fingerprint">;

/** Jobs of one kind: one runs at a time, the others wait in the order they came. They outlive the process. */
export interface Queue<J extends Job, Request> {
  /** Takes up the jobs of the process before; the one that ran is interrupted, and is queued again, once. Nothing runs yet. */
  restore(): Promise<void>;
  /** From now on jobs run. */
  start(): void;
  /** Resolves once the job is durable. @throws TRAINING_QUEUE_FULL, IDEMPOTENCY_KEY_REUSED, STORAGE_FULL */
  add(request: Request, idempotency?: Idempotency): Promise<J>;
  /** Newest first. */
  list(): J[];
  /** @throws TRAINING_JOB_NOT_FOUND */
  get(jobId: string): J;
  /** Resolves once nothing of the job runs any more. @throws TRAINING_JOB_NOT_FOUND, TRAINING_JOB_ENDED */
  cancel(jobId: string): Promise<J>;
  /** Resolves with the job once it has ended, or waits for another process. */
  ended(jobId: string): Promise<J>;
  /**
   * What happens to a job: first the job as it is, unless the last id is of an event that is still known; then each
   * event; at last the job as it ended. @throws TRAINING_JOB_NOT_FOUND
   */
  events(jobId: string, lastId: string | undefined, signal: AbortSignal): AsyncGenerator<LoggedEvent>;
  /** Interrupts what runs; what waits, waits for the next process. */
  close(): Promise<void>;
}

const longestQueue = 20;
const keptJobs = 100;

const keptLines = 50;

interface Entry<J> extends StoredJob<J> {
  readonly controller: AbortController;
  readonly events: EventLog;
  readonly done: PromiseWithResolvers<void>;
  saved: Promise<void>;
  durable: boolean;
}

export function createQueue<J extends Job, Request, Event>({
  kind,
  store,
  mutex = createMutex(),
  onChange,
  onUnsaved,
  clock = () => new Date(),
}: QueueOptions<J, Request, Event>): Queue<J, Request> {
  const entries = new Map<string, Entry<J>>();
  const keeper = createJobKeeper(store, kind.schema, onUnsaved);
  let started = false;
  let running = false;
  let closed = false;

  function enter(stored: StoredJob<J>): Entry<J> {
    const entry: Entry<J> = {
      ...stored,
      controller: new AbortController(),
      events: new EventLog(),
      done: Promise.withResolvers(),
      saved: Promise.resolve(),
      durable: true,
    };
    if (entry.job.endedAt !== null) finish(entry);
    entries.set(entry.job.jobId, entry);
    return entry;
  }

  function finish(entry: Entry<J>): void {
    entry.events.end();
    entry.done.resolve();
  }

  function change(entry: Entry<J>, changes: Partial<J> | Partial<Job>, event?: Event): void {
    const before = entry.job;
    const lines = event === undefined ? [] : kind.linesOf(event);
    const changed = kind.amend(before, changes);
    entry.job =
      lines.length === 0 ? changed : kind.amend(changed, { log: [...before.log, ...lines].slice(-keptLines) });
    if (entry.job.state !== before.state) entry.events.add("state", { state: entry.job.state });
    for (const { type, data } of kind.news(before, entry.job)) entry.events.add(type, data);
    for (const line of lines) entry.events.add("log", { line });
    if (entry.job.progress !== before.progress) entry.events.add("progress", entry.job.progress);
    keeper.note(entry, entry.job.state !== before.state);
    onChange?.(entry.job, event);
  }

  function waiting(): Entry<J>[] {
    return [...entries.values()].filter(({ job }) => job.state === "queued");
  }

  const next = () => (started && !closed ? waiting().find(({ durable }) => durable) : undefined);

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
    let since = 0;
    change(entry, {
      state: "running",
      startedAt: clock().toISOString(),
      progress: { phase: "reading", share: 0, etaSeconds: null },
    });
    try {
      const tell = (event: Event) => {
        const now = clock().getTime();
        if (kind.begins(event)) since = now;
        change(entry, kind.follow(entry.job, event, since, now), event);
      };
      const refusal = await kind.run(entry.job, { tell, change: (changes) => change(entry, changes), signal });
      if (refusal) await end(entry, "rejected", refusal);
      else await end(entry, "succeeded");
    } catch (error) {
      const reason: unknown = signal.aborted ? signal.reason : error;
      const code = reason instanceof Song2vecError ? reason.code : undefined;
      if (signal.aborted && code === "CANCELLED") await end(entry, "cancelled");
      else await end(entry, signal.aborted && code === "INTERRUPTED" ? "interrupted" : "failed", reason);
    } finally {
      clearTimeout(timer);
    }
  }

  async function end(entry: Entry<J>, state: Job["state"], reason?: unknown): Promise<void> {
    const progress = { ...entry.job.progress, phase: "ended" as const, etaSeconds: null };
    change(entry, {
      state,
      error: reason === undefined ? null : describeError(reason),
      progress,
      endedAt: clock().toISOString(),
    });
    await keeper.settle();
    finish(entry);
    const ended = [...entries.values()].filter(({ job }) => job.endedAt !== null);
    const old = ended.slice(0, Math.max(0, ended.length - keptJobs)).map(({ job }) => job.jobId);
    for (const jobId of old) entries.delete(jobId);
    if (old.length > 0) keeper.forget(old);
  }

  function find(jobId: string): Entry<J> {
    const entry = entries.get(jobId);
    if (!entry) throw createError("TRAINING_JOB_NOT_FOUND", { kind: kind.name, jobId });
    return entry;
  }

  async function append(request: Request, repeats: string | null, idempotency: Idempotency): Promise<Entry<J>> {
    const entry = enter({ ...idempotency, job: kind.create(request, repeats, clock()) });
    entry.durable = false;
    entry.saved = store.save(keeper.record(entry));
    try {
      await entry.saved;
      entry.durable = true;
    } catch (error) {
      entries.delete(entry.job.jobId);
      throw error;
    }
    return entry;
  }

  function findAgain({ idempotencyKey, fingerprint }: Idempotency): Entry<J> | undefined {
    const found =
      idempotencyKey === null ? undefined : entries.values().find((entry) => entry.idempotencyKey === idempotencyKey);
    if (found && found.fingerprint !== fingerprint)
      throw createError("IDEMPOTENCY_KEY_REUSED", { key: idempotencyKey ?? "" });
    return found;
  }

  return {
    async restore() {
      for (const stored of await keeper.load()) enter(stored);
      const repeated = new Set([...entries.values()].map(({ job }) => job.repeats));
      for (const entry of Array.from(entries.values())) {
        if (entry.job.state === "running") await end(entry, "interrupted", createError("INTERRUPTED"));
        const { state, jobId, repeats } = entry.job;
        if (state === "interrupted" && repeats === null && !repeated.has(jobId))
          await append(kind.again(entry.job), jobId, { idempotencyKey: null, fingerprint: null });
      }
    },
    start() {
      started = true;
      void runNext();
    },
    async add(request, idempotency = { idempotencyKey: null, fingerprint: null }) {
      const again = findAgain(idempotency);
      if (again) {
        await again.saved;
        return again.job;
      }
      if (waiting().length >= longestQueue)
        throw createError("TRAINING_QUEUE_FULL", { kind: kind.name, limit: longestQueue });
      const entry = await append(request, null, idempotency);
      void runNext();
      return entry.job;
    },
    list: () => [...entries.values()].map(({ job }) => job).toReversed(),
    get: (jobId) => find(jobId).job,
    async cancel(jobId) {
      const entry = find(jobId);
      if (entry.job.endedAt !== null)
        throw createError("TRAINING_JOB_ENDED", { kind: kind.name, jobId, state: entry.job.state });
      entry.controller.abort(createError("CANCELLED"));
      if (entry.job.state === "queued") await end(entry, "cancelled");
      await entry.done.promise;
      return entry.job;
    },
    async ended(jobId) {
      const entry = find(jobId);
      await entry.done.promise;
      return entry.job;
    },
    async *events(jobId, lastId, signal) {
      const entry = find(jobId);
      const { events } = entry;
      const snapshot = (type: string): LoggedEvent => ({ id: events.idOfPosition, type, data: entry.job });
      const known = lastId === undefined ? undefined : events.positionOf(lastId);
      const position = known ?? events.position;
      if (known === undefined) yield snapshot("job");
      for await (const event of events.after(position, signal)) yield event ?? snapshot("job");
      if (!signal.aborted) yield snapshot("end");
    },
    async close() {
      closed = true;
      for (const entry of entries.values())
        if (entry.job.state === "running") entry.controller.abort(createError("INTERRUPTED"));
      await Promise.all(
        [...entries.values()].filter(({ job }) => job.state === "running").map(({ done }) => done.promise),
      );
      await keeper.settle();
      for (const entry of entries.values()) finish(entry);
    },
  };
}

function describeError(error: unknown): NonNullable<Job["error"]> {
  return {
    code: error instanceof Song2vecError ? error.code : "INTERNAL",
    message: error instanceof Error ? error.message : String(error),
  };
}
