import { createError } from "../../errors.ts";
import type { JobStore } from "../../store/store.ts";
import { EventLog } from "./event-log.ts";
import type { Job, JobKind } from "./job-kind.ts";
import { createJobPersister, type StoredJob } from "./job-persister.ts";

export interface JobListOptions<J extends Job, Request, Event> {
  readonly kind: JobKind<J, Request, Event>;
  readonly store: JobStore;
  readonly onChange?: (job: J, event?: Event) => void;
  /** Called if a job could not be saved; saving is retried. */
  readonly onSaveFailed?: (error: unknown) => void;
  readonly clock?: () => Date;
}

/** Idempotency key of a request, and a fingerprint of its content. */
export type Idempotency = Pick<StoredJob<Job>, "idempotencyKey" | "fingerprint">;
export const notIdempotent: Idempotency = { idempotencyKey: null, fingerprint: null };

/** A job, with its state in this process. */
export interface Entry<J> extends StoredJob<J> {
  readonly controller: AbortController;
  readonly events: EventLog;
  /** Resolves once the job has ended, or the list is closed. */
  readonly done: PromiseWithResolvers<void>;
  saved: Promise<void>;
  durable: boolean;
}

const maxEndedJobs = 100;
const maxLogLines = 50;

/** The jobs of one kind: saves their changes, and logs events for readers. */
export function createJobList<J extends Job, Request, Event>({
  kind,
  store,
  onChange,
  onSaveFailed,
  clock = () => new Date(),
}: JobListOptions<J, Request, Event>) {
  const entries = new Map<string, Entry<J>>();
  const persister = createJobPersister(store, kind.schema, onSaveFailed);
  const all = () => [...entries.values()];

  function register(stored: StoredJob<J>): Entry<J> {
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

  function update(entry: Entry<J>, changes: Partial<J> | Partial<Job>, event?: Event): void {
    const before = entry.job;
    const lines = event === undefined ? [] : kind.logLines(event);
    const log = lines.length === 0 ? before.log : [...before.log, ...lines].slice(-maxLogLines);
    entry.job = { ...before, ...changes, log };
    if (entry.job.state !== before.state) entry.events.add("state", { state: entry.job.state });
    for (const { type, data } of kind.changeEvents(before, entry.job)) entry.events.add(type, data);
    for (const line of lines) entry.events.add("log", { line });
    if (entry.job.progress !== before.progress) entry.events.add("progress", entry.job.progress);
    persister.markChanged(entry, entry.job.state !== before.state);
    onChange?.(entry.job, event);
  }

  async function end(entry: Entry<J>, state: Job["state"], error: Job["error"] = null): Promise<void> {
    const progress = { ...entry.job.progress, phase: "ended" as const, etaSeconds: null };
    update(entry, {
      state,
      error: error && { code: error.code, message: error.message },
      progress,
      endedAt: clock().toISOString(),
    });
    await persister.flush();
    finish(entry);
    const ended = all().flatMap(({ job }) => (job.endedAt === null ? [] : [job.jobId]));
    const old = ended.slice(0, Math.max(0, ended.length - maxEndedJobs));
    for (const jobId of old) entries.delete(jobId);
    if (old.length > 0) persister.remove(old);
  }

  return {
    all,
    update,
    end,

    /** @throws TRAINING_JOB_NOT_FOUND */
    find(jobId: string): Entry<J> {
      const entry = entries.get(jobId);
      if (!entry) throw createError("TRAINING_JOB_NOT_FOUND", { kind: kind.name, jobId });
      return entry;
    },

    /** The job of an earlier request with the same key. @throws IDEMPOTENCY_KEY_REUSED */
    findByKey({ idempotencyKey, fingerprint }: Idempotency): Entry<J> | undefined {
      if (idempotencyKey === null) return undefined;
      const found = entries.values().find((entry) => entry.idempotencyKey === idempotencyKey);
      if (found && found.fingerprint !== fingerprint)
        throw createError("IDEMPOTENCY_KEY_REUSED", { key: idempotencyKey });
      return found;
    },

    /** Resolves once the job is durable. @throws STORAGE_FULL, STORE_BUSY */
    async append(request: Request, repeats: string | null, idempotency: Idempotency): Promise<Entry<J>> {
      const entry = register({ ...idempotency, job: kind.create(request, repeats, clock()) });
      entry.durable = false;
      entry.saved = store.save(persister.record(entry));
      try {
        await entry.saved;
        entry.durable = true;
      } catch (error) {
        entries.delete(entry.job.jobId);
        throw error;
      }
      return entry;
    },

    /** Loads the stored jobs. */
    async load(): Promise<Entry<J>[]> {
      return (await persister.load()).map(register);
    },

    /** Saves all changes. */
    async close(): Promise<void> {
      await persister.flush();
      for (const entry of all()) finish(entry);
    },
  };
}
