import type { Logger } from "pino";
import type { Config } from "../config.ts";
import { createError, errorFrom } from "../errors.ts";
import type { FileLock } from "../model/format/file-lock.ts";
import type { Versions } from "../model/format/versions.ts";
import type { PlaylistStore, Store } from "../store/store.ts";
import type { JobRequest } from "../training/jobs/training-job.ts";
import { createMutex } from "../training/jobs/mutex.ts";
import { createTrainingQueue, type TrainingQueue } from "../training/jobs/training-queue.ts";
import { createTuningQueue, type TuningQueue } from "../training/tuning/tuning-job.ts";
import {
  type Hyperparameters,
  type Overrides,
  type PresetName,
  resolveHyperparameters,
} from "../word2vec/hyperparameters.ts";
import { type ActiveModel, createActiveModel } from "./active-model.ts";
import { openProvisional, type Provisional } from "./cold-start-songs.ts";
import { type Comparisons, createComparisons } from "./comparisons.ts";
import { lockDataFolder, openDataFolder, openStore, trainsOnSample } from "./data-folder.ts";
import { createModelLoader } from "./model-loader.ts";
import { createModelRelease } from "./model-release.ts";
import { createModelRetention, type ModelRetention } from "./model-retention.ts";
import { createOtherVersions, type OtherVersions } from "./other-versions.ts";
import { startRetraining } from "./retraining.ts";
import { createTrainingRun, logTraining, type TrainingRunOptions } from "./training.ts";
import { createTuningRun, logTuning } from "./tuning.ts";

/** What the routes use: the active model, the model versions, the stored playlists and the jobs. */
export interface Service {
  readonly activeModel: Pick<ActiveModel, "get" | "current" | "version" | "activate">;
  readonly otherVersions: Pick<OtherVersions, "get">;
  readonly versions: Pick<Versions, "list" | "find">;
  readonly retention: Pick<ModelRetention, "remove">;
  readonly comparisons: Pick<Comparisons, "compare">;
  readonly playlists: PlaylistStore;
  /** Cold-start songs. */
  readonly provisional: Pick<Provisional, "put" | "remove">;
  readonly queue: TrainingQueue;
  readonly tuningQueue: TuningQueue;
  /** Applies the overrides of a request to its preset, by default to PRESET with HYPERPARAMETERS. */
  resolveRequest(preset: PresetName | undefined, overrides: Overrides): ResolvedRequest;
  /** Default deadline of a training job in seconds. */
  readonly trainingDeadline: number;
  /** Loads the active version or the newest valid one, or trains the first. @throws the error of the first training */
  begin(): Promise<void>;
  /** Cancels jobs and comparisons. Requests still work until the store is closed. */
  close(): Promise<void>;
  /** Closes the store, once no request is in flight. */
  closeStore(): Promise<void>;
}

export interface ResolvedRequest {
  readonly preset: PresetName;
  /** What replaces hyperparameters of the preset. */
  readonly given: Overrides;
  readonly hyperparameters: Hyperparameters;
}

/** Options that are not settings. */
export type ServiceOptions = Partial<Pick<TrainingRunOptions, "trainedBy" | "display">>;

/**
 * Scheduling priority of training while a model is active: at 10, requests waited five times as long for a processor.
 */
const niceness = 19;

/** Hyperparameters of the synthetic sample, which trains within seconds. */
const sampleOverrides = { epochs: 5, workers: 1, holdOut: 300 };

/** @throws DATA_DIR_IN_USE, DATA_DIR_UNUSABLE */
export async function startService(config: Config, logger: Logger, options: ServiceOptions = {}): Promise<Service> {
  const versions = await openDataFolder(config.dataDir);
  const lock = await lockDataFolder(config.dataDir, (seconds) =>
    logger.info({ dataDir: config.dataDir, seconds }, "data directory in use, waiting for the other server to stop"),
  );
  try {
    await removeStaleStaging(versions, logger);
    const store = await openStore(config.dataDir);
    return await createService(config, { versions, store, lock, logger, ...options }).catch(async (error: unknown) => {
      await store.close();
      throw error;
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface Opened extends ServiceOptions {
  readonly versions: Versions;
  readonly store: Store;
  readonly lock: FileLock;
  readonly logger: Logger;
}

async function createService(
  config: Config,
  { versions, store, lock, logger, trainedBy = "song2vec", display }: Opened,
): Promise<Service> {
  const comparisons = createComparisons();
  const provisional = await openProvisional(store.songs, () => activeModel.current());
  const { compilationArtists, index, keepVectors, keepModels: keep, trainingDeadline } = config;
  const exact = keepVectors === "exact";
  const loader = createModelLoader({
    versions,
    provisional: provisional.songs,
    compilationArtists,
    logger,
    exact,
    index,
  });
  const changes = createMutex();
  const release = createModelRelease(logger);
  const activeModel: ActiveModel = createActiveModel({
    loader,
    store,
    mutex: changes,
    release,
    logger,
    takeLoaded: (version) => otherVersions.take(version),
    trainingProgress: () => queue.list().find(({ state }) => state === "running")?.progress,
  });
  const otherVersions: OtherVersions = createOtherVersions({ loader, activeModel, release, logger });
  const neededByJobs = () =>
    queue
      .list()
      .flatMap(({ endedAt, warmStart }) => (endedAt === null && warmStart !== null ? [warmStart] : []))
      .concat(training.comparedVersion() ?? []);
  const inMemory = { activeModel, otherVersions };
  const retention = createModelRetention({ versions, ...inMemory, mutex: changes, logger, keep, neededByJobs });
  const shared = { versions, store, niceness: () => (activeModel.current() ? niceness : 0) };
  const training = createTrainingRun(config, { ...shared, activeModel, logger, trainedBy, display });
  const jobs = createMutex();
  const queue: TrainingQueue = createTrainingQueue({
    mutex: jobs,
    store: store.jobs,
    run: training.run,
    activate: activeModel.replace,
    cleanUp: ({ trainedRevision }) =>
      store
        .updateState({ trainedRevision })
        .then(retention.prune)
        .catch((error: unknown) => logger.error({ err: error }, "cleanup after training failed")),
    onChange: (job, event) => logTraining(logger, job, event),
    onSaveFailed: (error) => logger.error({ err: error }, "failed to save training job"),
  });
  const tuningQueue = createTuningQueue({
    mutex: jobs,
    store: store.jobs,
    run: createTuningRun(config, shared),
    onChange: (job, event) => logTuning(logger, job, event),
    onSaveFailed: (error) => logger.error({ err: error }, "failed to save tuning job"),
  });
  await queue.restore();
  await tuningQueue.restore();
  let retraining: ReturnType<typeof startRetraining> | undefined;
  let closing = false;

  function request(trigger: JobRequest["trigger"], defaults: Overrides = {}): JobRequest {
    const { preset, hyperparameters: own, workers } = config;
    const hyperparameters = resolveHyperparameters(preset, { workers, ...defaults, ...own });
    const deadlineSeconds = trainingDeadline;
    return { preset, hyperparameters, warmStart: null, activate: "ifBetter", deadlineSeconds, trigger };
  }

  /** Waits for queued jobs of the last start, or trains. */
  async function trainFirst(): Promise<void> {
    for (const { jobId } of queue.list().toReversed()) if (!activeModel.current()) await queue.waitForEnd(jobId);
    if (activeModel.current() || closing) return;
    const first = await queue.add(request("start", (await trainsOnSample(config, store)) ? sampleOverrides : {}));
    const { state, error } = await queue.waitForEnd(first.jobId);
    if (closing || activeModel.current()) return; // a request activated a version meanwhile
    if (state === "cancelled") throw createError("CANCELLED");
    if (error) throw errorFrom(error);
  }

  async function stop(): Promise<void> {
    closing = true;
    await retraining?.stop();
    await Promise.all([queue.close(), tuningQueue.close(), comparisons.close()]);
  }
  let stopped: Promise<void> | undefined;
  const close = () => (stopped ??= stop());

  return {
    activeModel,
    otherVersions,
    versions,
    retention,
    comparisons,
    playlists: store.playlists,
    provisional,
    queue,
    tuningQueue,
    resolveRequest(preset, overrides) {
      const given = preset === undefined ? { ...config.hyperparameters, ...overrides } : overrides;
      const used = preset ?? config.preset;
      return {
        preset: used,
        given,
        hyperparameters: resolveHyperparameters(used, { workers: config.workers, ...given }),
      };
    },
    trainingDeadline,
    async begin() {
      await activeModel.restore(({ version, manifest }) => {
        if (!manifest.sample || config.playlists.length === 0) return true;
        logger.warn(
          { modelVersion: version },
          "model was trained on the synthetic sample, training on PLAYLISTS first",
        );
        return false;
      });
      if (activeModel.current()?.model.manifest.sample === false && (await trainsOnSample(config, store)))
        logger.warn("PLAYLISTS is not set, the model cannot be retrained");
      queue.start();
      if (!activeModel.current()) await trainFirst();
      if (!closing) tuningQueue.start();
      if (!closing)
        retraining = startRetraining({
          cron: config.retrainCron,
          after: config.retrainAfter,
          store,
          queue,
          logger,
          train: (trigger) => queue.add(request(trigger)),
        });
    },
    close,
    async closeStore() {
      await close();
      await Promise.all([activeModel.close(), otherVersions.close()]);
      await store.close();
      lock.release();
    },
  };
}

/** A directory that cannot be removed is left to the next start. */
async function removeStaleStaging(versions: Versions, logger: Logger): Promise<void> {
  try {
    const removed = await versions.removeStaleStaging();
    if (removed > 0) logger.info({ removed }, "stale staging directories removed");
  } catch (error) {
    logger.warn({ err: error }, "failed to remove stale staging directories");
  }
}
