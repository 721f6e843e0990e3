import { createError, Song2vecError } from '../errors.ts';
import type { JobStore } from '../store/store.ts';
import { EventLog, type LoggedEvent } from './event-log.ts';
import { follow, type JobEvent, type JobRequest, linesOf, newJob, type TrainingJob, withLines } from './job.ts';
import { createJobKeeper, type StoredJob } from './job-keeper.ts';

export interface Outcome {
  /** The version published. */
  readonly version: number;
  /** Why it should not take the place of the version that serves; null where it should. */
  readonly refusal: { readonly reason: string } | null;
}

/** Does the work of one job; `tell` hears how it goes. Rejects once nothing of it runs any more, where the signal aborts. */
export type RunJob = (request: JobRequest, tell: (event: JobEvent) => void, signal: AbortSignal) => Promise<Outcome>;

export interface QueueOptions {
  readonly store: JobStore;
  readonly run: RunJob;
  /** Makes a version the one that is served, before its job counts as done. */
  readonly activate: (version: number, signal: AbortSignal) => Promise<void>;
  /** Runs after a job that published a version. */
  readonly tidy?: () => Promise<void>;
  readonly onChange?: (job: TrainingJob, event?: JobEvent) => void;
  /** Told where a job could not be saved; it is tried again. */
  readonly onUnsaved?: (error: unknown) => void;
  readonly clock?: () => Date;
}

/** A key of the client's choice, under which it may ask again, and what tells whether it asks for the same. */
export type Idempotency = Pick<StoredJob, 'idempotencyKey' | 'fingerprint'>;

/** Training jobs: one runs at a time, the others wait in the order they came. They outlive the process. */
export interface Queue {
  /** Takes up the jobs of the process before; the one that ran is interrupted, and is queued again, once. Nothing runs yet. */
  restore(): Promise<void>;
  /** From now on jobs run. */
  start(): void;
  /** Resolves once the job is durable. @throws TRAINING_QUEUE_FULL, IDEMPOTENCY_KEY_REUSED, STORAGE_FULL */
  add(request: JobRequest, idempotency?: Idempotency): Promise<TrainingJob>;
  /** Newest first. */
  list(): TrainingJob[];
  /** @throws TRAINING_JOB_NOT_FOUND */
  get(jobId: string): TrainingJob;
  /** Resolves once nothing of the job runs any more. @throws TRAINING_JOB_NOT_FOUND, TRAINING_JOB_ENDED */
  cancel(jobId: string): Promise<TrainingJob>;
  /** Resolves with the job once it has ended, or waits for another process. */
  ended(jobId: string): Promise<TrainingJob>;
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

interface Entry extends StoredJob {
  readonly controller: AbortController;
  readonly events: EventLog;
  readonly done: PromiseWithResolvers<void>;
  saved: Promise<void>;
  durable: boolean;
}

export function createQueue({ store, run, activate, tidy, onChange, onUnsaved, clock = () => new Date() }: QueueOptions): Queue {
  const entries = new Map<string, Entry>();
  const keeper = createJobKeeper(store, onUnsaved);
  let started = false;
  let running = false;
  let closed = false;

  function enter(stored: StoredJob): Entry {
    const entry: Entry = { ...stored, controller: new AbortController(), events: new EventLog(), done: Promise.withResolvers(), saved: Promise.resolve(), durable: true };
    if (entry.job.endedAt !== null) finish(entry);
    entries.set(entry.job.jobId, entry);
    return entry;
  }

  function finish(entry: Entry): void {
    entry.events.end();
    entry.done.resolve();
  }

  function change(entry: Entry, changes: Partial<TrainingJob>, event?: JobEvent): void {
    const { progress, epochs, log, state } = entry.job;
    const lines = event === undefined ? [] : linesOf(event);
    entry.job = { ...entry.job, ...changes, ...(lines.length > 0 && { log: withLines(log, lines) }) };
    if (entry.job.state !== state) entry.events.add('state', { state: entry.job.state });
    if (entry.job.epochs !== epochs) entry.events.add('epoch', entry.job.epochs.at(-1));
    for (const line of lines) entry.events.add('log', { line });
    if (entry.job.progress !== progress) entry.events.add('progress', entry.job.progress);
    keeper.note(entry, entry.job.state !== state);
    onChange?.(entry.job, event);
  }

  function waiting(): Entry[] {
    return [...entries.values()].filter(({ job }) => job.state === 'queued');
  }

  async function runNext(): Promise<void> {
    const entry = waiting().find(({ durable }) => durable);
    if (!started || running || closed || entry === undefined) return;
    running = true;
    await runEntry(entry);
    running = false;
    void runNext();
  }

  async function runEntry(entry: Entry): Promise<void> {
    const { signal } = entry.controller;
    const { deadlineSeconds } = entry.job;
    const timer = setTimeout(() => entry.controller.abort(createError('TRAINING_DEADLINE', { seconds: deadlineSeconds })), deadlineSeconds * 1000);
    let trainingSince = 0;
    change(entry, { state: 'running', startedAt: clock().toISOString(), progress: { phase: 'reading', share: 0, etaSeconds: null } });
    try {
      const tell = (event: JobEvent) => {
        const now = clock().getTime();
        if (event.type === 'kernel') trainingSince = now;
        change(entry, follow(entry.job, event, trainingSince, now), event);
      };
      const { version, refusal } = await run(entry.job, tell, signal);
      const rejected = refusal !== null && entry.job.activate === 'ifBetter';
      change(entry, { modelVersion: version, progress: { phase: 'loading', share: 1, etaSeconds: 0 } });
      if (!rejected && entry.job.activate !== 'never') await activate(version, signal);
      await tidy?.();
      if (rejected) await end(entry, 'rejected', createError('MODEL_REJECTED', refusal));
      else await end(entry, 'succeeded');
    } catch (error) {
      const reason: unknown = signal.aborted ? signal.reason : error;
      const code = reason instanceof Song2vecError ? reason.code : undefined;
      if (signal.aborted && code === 'CANCELLED') await end(entry, 'cancelled');
      else await end(entry, signal.aborted && code === 'INTERRUPTED' ? 'interrupted' : 'failed', reason);
    } finally {
      clearTimeout(timer);
    }
  }

  async function end(entry: Entry, state: TrainingJob['state'], reason?: unknown): Promise<void> {
    const progress = { ...entry.job.progress, phase: 'ended' as const, etaSeconds: null };
    change(entry, { state, error: reason === undefined ? null : describeError(reason), progress, endedAt: clock().toISOString() });
    await keeper.settle();
    finish(entry);
    const ended = [...entries.values()].filter(({ job }) => job.endedAt !== null);
    const old = ended.slice(0, Math.max(0, ended.length - keptJobs)).map(({ job }) => job.jobId);
    for (const jobId of old) entries.delete(jobId);
    if (old.length > 0) keeper.forget(old);
  }

  function find(jobId: string): Entry {
    const entry = entries.get(jobId);
    if (!entry) throw createError('TRAINING_JOB_NOT_FOUND', { jobId });
    return entry;
  }

  async function append(request: JobRequest, repeats: string | null, idempotency: Idempotency): Promise<Entry> {
    const entry = enter({ ...idempotency, job: newJob(request, repeats, clock()) });
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

  function findAgain({ idempotencyKey, fingerprint }: Idempotency): Entry | undefined {
    const found = idempotencyKey === null ? undefined : entries.values().find((entry) => entry.idempotencyKey === idempotencyKey);
    if (found && found.fingerprint !== fingerprint) throw createError('IDEMPOTENCY_KEY_REUSED', { key: idempotencyKey ?? '' });
    return found;
  }

  return {
    async restore() {
      for (const stored of await keeper.load()) enter(stored);
      const repeated = new Set([...entries.values()].map(({ job }) => job.repeats));
      for (const entry of Array.from(entries.values())) {
        if (entry.job.state === 'running') await end(entry, 'interrupted', createError('INTERRUPTED'));
        const { state, jobId, repeats } = entry.job;
        if (state === 'interrupted' && repeats === null && !repeated.has(jobId)) await append({ ...entry.job, trigger: 'restart' }, jobId, { idempotencyKey: null, fingerprint: null });
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
      if (waiting().length >= longestQueue) throw createError('TRAINING_QUEUE_FULL', { limit: longestQueue });
      const entry = await append(request, null, idempotency);
      void runNext();
      return entry.job;
    },
    list: () => [...entries.values()].map(({ job }) => job).toReversed(),
    get: (jobId) => find(jobId).job,
    async cancel(jobId) {
      const entry = find(jobId);
      if (entry.job.endedAt !== null) throw createError('TRAINING_JOB_ENDED', { jobId, state: entry.job.state });
      entry.controller.abort(createError('CANCELLED'));
      if (entry.job.state === 'queued') await end(entry, 'cancelled');
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
      if (known === undefined) yield snapshot('job');
      for await (const event of events.after(position, signal)) yield event ?? snapshot('job');
      if (!signal.aborted) yield snapshot('end');
    },
    async close() {
      closed = true;
      for (const entry of entries.values()) if (entry.job.state === 'running') entry.controller.abort(createError('INTERRUPTED'));
      await Promise.all([...entries.values()].filter(({ job }) => job.state === 'running').map(({ done }) => done.promise));
      await keeper.settle();
      for (const entry of entries.values()) finish(entry);
    },
  };
}

function describeError(error: unknown): NonNullable<TrainingJob['error']> {
  return { code: error instanceof Song2vecError ? error.code : 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}
