import { z } from "zod";
import type { JobRecord, JobStore } from "../../store/store.ts";

/** A job, and the key under which its client may ask for it again. */
export interface StoredJob<J> {
  job: J;
  readonly idempotencyKey: string | null;
  readonly fingerprint: string | null;
}

/** Milliseconds after which a change that is no change of state is saved; and a save that failed is tried again. */
const saveDelay = 1000;

/** Saves jobs of one kind as they change: a new state at once, progress once a second. */
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
    /** Resolves once everything so far is saved, or could not be. */
    flush: saveNow,
    remove(jobIds: readonly string[]): void {
      store.remove(jobIds).catch(onSaveFailed);
    },
    /** The jobs saved, without those of another kind, or whose format is not known any more. */
    async load(): Promise<StoredJob<J>[]> {
      return (await store.list()).flatMap(({ idempotencyKey, document }) => {
        const { success, data } = documentSchema.safeParse(document);
        return success ? [{ ...data, idempotencyKey }] : [];
      });
    },
  };
}
