import { z } from 'zod';
import type { JobRecord, JobStore } from '../store/store.ts';
import { type TrainingJob, trainingJobSchema } from './job.ts';

/** A job, and the key under which its client may ask for it again. */
export interface StoredJob {
  job: TrainingJob;
  readonly idempotencyKey: string | null;
  readonly fingerprint: string | null;
}

/** Milliseconds after which a change that is no change of state is saved; and a save that failed is tried again. */
const saveAfter = 1000;

const documentSchema = z.object({ job: trainingJobSchema, fingerprint: z.string().nullable() });

/** Saves jobs as they change: a new state at once, progress once a second. */
export function createJobKeeper(store: JobStore, onUnsaved: (error: unknown) => void = () => {}) {
  const changed = new Set<StoredJob>();
  let timer: NodeJS.Timeout | undefined;
  let saving: Promise<void> = Promise.resolve();

  function record({ job, idempotencyKey, fingerprint }: StoredJob): JobRecord {
    return { jobId: job.jobId, idempotencyKey, document: { job, fingerprint } };
  }

  async function saveChanged(): Promise<void> {
    const jobs = [...changed];
    changed.clear();
    try {
      await Promise.all(jobs.map((job) => store.save(record(job))));
    } catch (error) {
      for (const job of jobs) changed.add(job);
      onUnsaved(error);
      later();
    }
  }

  function later(): void {
    timer ??= setTimeout(() => void now(), saveAfter).unref();
  }

  function now(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    saving = saving.then(saveChanged);
    return saving;
  }

  return {
    record,
    note(job: StoredJob, atOnce: boolean): void {
      changed.add(job);
      if (atOnce) void now();
      else later();
    },
    /** Resolves once everything so far is saved, or could not be. */
    settle: now,
    forget(jobIds: readonly string[]): void {
      store.remove(jobIds).catch(onUnsaved);
    },
    /** The jobs saved, without those whose format is not known any more. */
    async load(): Promise<StoredJob[]> {
      return (await store.list()).flatMap(({ idempotencyKey, document }) => {
        const { success, data } = documentSchema.safeParse(document);
        return success ? [{ ...data, idempotencyKey }] : [];
      });
    },
  };
}
