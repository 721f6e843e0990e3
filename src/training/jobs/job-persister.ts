import { z } from "zod";
import type { JobRecord, JobStore } from "../../store/store.ts";

/** A job, with the idempotency key and fingerprint of its request. */
export interface StoredJob<J> {
  job: J;
  readonly idempotencyKey: string | null;
  readonly fingerprint: string | null;
}

/** Milliseconds until a change of anything but the state is saved, and until a failed save is retried. */
const saveDelay = 1000;

/** Saves changes of jobs of one kind: a new state immediately, anything else once a second. */
export function createJobPersister<J extends { readonly jobId: string }>(
  store: JobStore,
  jobSchema: z.ZodType<J>,
  onSaveFailed: (error: unknown) => void = () => {},
) {
  const documentSchema = z.object({ job: jobSchema, fingerprint: z.string().nullable() });
  const changed = new Set<StoredJob<J>>();
  let timer: NodeJS.Timeout | undefined;
  let saving: Promise<void> = Promise.resolve();

  function record({ job, idempotencyKey, fingerprint }: StoredJob<J>): JobRecord {
    return { jobId: job.jobId, idempotencyKey, document: { job, fingerprint } };
  }

  async function saveChanged(): Promise<void> {
    const jobs = [...changed];
    changed.clear();
    try {
      await Promise.all(jobs.map((job) => store.save(record(job))));
    } catch (error) {
      for (const job of jobs) changed.add(job);
      onSaveFailed(error);
      scheduleSave();
    }
  }

  function scheduleSave(): void {
    timer ??= setTimeout(() => void saveNow(), saveDelay).unref();
  }

  function saveNow(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    saving = saving.then(saveChanged);
    return saving;
  }

  return {
    record,
    markChanged(job: StoredJob<J>, immediately: boolean): void {
      changed.add(job);
      if (immediately) void saveNow();
      else scheduleSave();
    },
    /** Resolves once all changes so far are saved, or saving has failed. */
    flush: saveNow,
    remove(jobIds: readonly string[]): void {
      store.remove(jobIds).catch(onSaveFailed);
    },
    /** The stored jobs; skips jobs of other kinds and of outdated formats. */
    async load(): Promise<StoredJob<J>[]> {
      return (await store.list()).flatMap(({ idempotencyKey, document }) => {
        const { success, data } = documentSchema.safeParse(document);
        return success ? [{ ...data, idempotencyKey }] : [];
      });
    },
  };
}
