import type { Logger } from "pino";
import { createError } from "../errors.ts";
import type { Model } from "../model/model.ts";
import type { Recommender } from "../recommend/query/recommender.ts";
import type { Store } from "../store/store.ts";
import type { Job } from "../training/jobs/job-kind.ts";
import type { Mutex } from "../training/jobs/mutex.ts";
import type { ModelLoader, OpenOptions } from "./model-loader.ts";
import type { ModelRelease } from "./model-release.ts";

/** Scheduling priority of the thread that loads a new model while another one is active. */
export const backgroundNiceness = 10;
/** Largest previous model in bytes that stays in memory as standby, so that a rollback is immediate. */
const maxStandbyBytes = 512 << 20;

export interface ActiveModelOptions {
  readonly loader: ModelLoader;
  readonly store: Pick<Store, "state" | "updateState">;
  /** Shared with other code that changes the versions. */
  readonly mutex: Mutex;
  readonly release: ModelRelease;
  readonly logger: Logger;
  /** Hands over a version that was loaded on demand, or is loading. */
  readonly takeLoaded?: (version: number) => Promise<Recommender> | undefined;
  /** Progress of the first training, while it runs. */
  readonly trainingProgress?: () => Job["progress"] | undefined;
}

export type ActiveModel = ReturnType<typeof createActiveModel>;

/** Creates the holder of the active model and of the previous one, its standby. */
export function createActiveModel({
  loader,
  store,
  mutex,
  release,
  logger,
  takeLoaded,
  trainingProgress,
}: ActiveModelOptions) {
  let active: Recommender | undefined;
  let standby: Recommender | undefined;
  let activating: number | undefined;
  const version = () => active?.model.version ?? null;
  const find = (wanted: number) => [active, standby].find((recommender) => recommender?.model.version === wanted);

  /** Replaces the active model in one assignment: a request uses the old model or the new one. */
  function swap(next: Recommender, message: string): void {
    const loaded = [active, standby];
    standby = active && active.model.memory.buffer.byteLength <= maxStandbyBytes ? active : undefined;
    active = next;
    logger.info({ modelVersion: version(), ...describeSearch(next) }, message);
    for (const recommender of loaded)
      if (recommender && recommender !== active && recommender !== standby) release(recommender);
  }

  async function activateNow(wanted: number, options?: OpenOptions): Promise<void> {
    const inMemory = find(wanted);
    activating = wanted;
    try {
      const next = inMemory ?? (await (takeLoaded?.(wanted) ?? loader.open(wanted, options)));
      try {
        await store.updateState({ activeVersion: wanted });
      } catch (error) {
        if (!inMemory) release(next);
        throw error;
      }
      if (next !== active) swap(next, "model activated");
    } finally {
      activating = undefined;
    }
  }

  return {
    /** Returns the active model; a request keeps it. @throws MODEL_NOT_READY with the progress of the first training */
    get(): Recommender {
      if (active) return active;
      const progress = trainingProgress?.();
      throw createError("MODEL_NOT_READY", progress ? { progress } : {});
    },
    current: () => active,
    version,
    /** Returns a version that is active or standby. */
    find,
    /** The version that an activation is about to swap in. */
    activating: () => activating,

    /** Loads the version that was activated last, or the newest valid one. */
    restore: (accepts: (model: Model) => boolean) =>
      mutex.run(async () => {
        const recommender = await loader.openPreferred((await store.state()).activeVersion, accepts);
        if (recommender) swap(recommender, "model loaded");
      }),

    /**
     * Loads a version, stores the choice durably, then activates it; a standby model is not loaded again.
     * @throws MODEL_NOT_FOUND, MODEL_UNSOUND, STORAGE_FULL
     */
    activate: (wanted: number) => mutex.run(() => activateNow(wanted)),

    /**
     * Activates the version of a job at low priority, if `replaces` is still active.
     * @returns the reason if it was not activated, else null
     */
    replace: (wanted: number, replaces: number | null, signal: AbortSignal) =>
      mutex.run(async () => {
        if (version() !== replaces) return { reason: `model version ${version()} was activated while the job ran` };
        await activateNow(wanted, { signal, niceness: active ? backgroundNiceness : 0 });
        return null;
      }),

    /** Releases the standby if it is this version. The caller holds the mutex. */
    dropStandby(removed: number): void {
      if (standby?.model.version !== removed) return;
      release(standby);
      standby = undefined;
    },

    /** Ends the search threads. */
    async close(): Promise<void> {
      await Promise.all([active?.close(), standby?.close()]);
    },
  };
}

function describeSearch({
  model,
  scanKernel,
  searchPlan: { milliseconds, blendMilliseconds, threads, index },
}: Recommender) {
  return {
    songs: model.songs.length,
    vectors: model.input ? "exact" : "bytes",
    scan: scanKernel,
    searchMs: roundToHundredths(milliseconds),
    blendMs: blendMilliseconds === null ? null : roundToHundredths(blendMilliseconds),
    searchThreads: threads,
    index,
    ...(index && { recallAt10: model.manifest.index?.recallAt10 }),
  };
}

function roundToHundredths(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
