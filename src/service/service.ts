import type { Logger } from "pino";
import type { Config } from "../config.ts";
import { createError, errorFrom } from "../errors.ts";
import { type Comparisons, createComparisons } from "./comparisons.ts";
import type { AppDeps } from "../http/deps.ts";
import type { Recommender } from "../recommend/query/recommender.ts";
import type { Store } from "../store/store.ts";
import type { JobEvent, JobRequest, TrainingJob } from "../training/jobs/job.ts";
import type { TrainingEvent } from "../training/pipeline/events.ts";
import { createMutex } from "../training/jobs/mutex.ts";
import { superviseTraining } from "../training/process/supervisor.ts";
import { createTrainingQueue, type RunJob, type TrainingQueue } from "../training/jobs/training-queue.ts";
import { createTuningQueue } from "../training/tuning/tuning-job.ts";
import { type Overrides, resolveHyperparameters } from "../word2vec/hyperparameters.ts";
import { slownessOf } from "../word2vec/kernel/kernel.ts";
import type { FileLock } from "../model/format/file-lock.ts";
import type { Versions } from "../model/format/versions.ts";
import { lockDataFolder, openDataFolder, openStore, playlistSource, trainsOnSample } from "./data-folder.ts";
import { packageVersion } from "../commands/package.ts";
import { showProgress } from "../commands/progress.ts";
import { openProvisional } from "./cold-start-songs.ts";
import { startRetraining } from "./retraining.ts";
import { createServing, type Serving } from "./active-model.ts";
import { createTuningRun, logTuning } from "./tuning.ts";

type Shared = Pick<
  AppDeps,
  | "models"
  | "findModel"
  | "activateModel"
  | "removeModel"
  | "playlists"
  | "provisional"
  | "queue"
  | "tuningQueue"
  | "trainingDeadline"
  | "closeStore"
>;

/** What stands behind the routes: the model that answers, the versions, the stored playlists, and the training jobs. */
export interface Service extends Shared {
  recommender(): Recommender | undefined;
  readonly comparisons: Comparisons;
  /** Loads the active version, or the newest sound one, or trains the first. @throws what kept the first training from ending well */
  begin(): Promise<void>;
  /** Ends what trains and compares; requests are answered until the app is closed. */
  close(): Promise<void>;
}

/** While a model serves, training lets everything else go first, as far as that goes: at 10, threads that answer waited for it five times as long in all. */
const niceness = 19;

/** The sample is there to be seen within seconds; its patterns are plain enough for that. */
const sampleOverrides = { epochs: 5, workers: 1, holdOut: 300 };

/** @throws DATA_DIR_IN_USE, DATA_DIR_UNUSABLE */
export async function startService(config: Config, logger: Logger): Promise<Service> {
  const versions = await openDataFolder(config.dataDir);
  const lock = await lockDataFolder(config.dataDir, (seconds) =>
    logger.info({ dataDir: config.dataDir, seconds }, "data folder in use: waiting for the other server to end"),
  );
  try {
    await removeStaleStaging(versions, logger);
    const store = await openStore(config.dataDir);
    return await createService(config, { versions, store, lock, logger }).catch(async (error: unknown) => {
      await store.close();
      throw error;
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface Opened {
  readonly versions: Versions;
  readonly store: Store;
  readonly lock: FileLock;
  readonly logger: Logger;
}

async function createService(config: Config, { versions, store, lock, logger }: Opened): Promise<Service> {
  const comparisons = createComparisons();
  const reserved = () =>
    queue
      .list()
      .flatMap(({ endedAt, warmStart }) => (endedAt === null && warmStart !== null ? [warmStart] : []))
      .concat(judging.version ?? []);
  /** The version that the running job is compared with. */
  const judging: { version: number | null } = { version: null };
  const provisional = await openProvisional(store.songs, () => serving.current());
  const serving: Serving = createServing({
    versions,
    store,
    logger,
    provisional: provisional.songs,
    exact: config.keepVectors === "exact",
    index: config.index,
    keep: config.keepModels,
    reserved,
  });
  const mutex = createMutex();
  const queue: TrainingQueue = createTrainingQueue({
    mutex,
    store: store.jobs,
    run: createRun(config, { versions, store, serving, judging, logger }),
    activate: (version, replaces, signal) => serving.replace(version, replaces, signal),
    tidy: ({ trainedRevision }) =>
      store
        .mark({ trainedRevision })
        .then(serving.prune)
        .catch((error: unknown) => logger.error({ err: error }, "could not tidy up after a training")),
    onChange: (job, event) => logJob(logger, job, event),
    onUnsaved: (error) => logger.error({ err: error }, "could not save a training job"),
  });
  const tuningQueue = createTuningQueue({
    store: store.jobs,
    mutex,
    run: createTuningRun(config, { versions, store, niceness: () => (serving.current() ? niceness : 0) }),
    onChange: (job, event) => logTuning(logger, job, event),
    onUnsaved: (error) => logger.error({ err: error }, "could not save a tuning job"),
  });
  await queue.restore();
  await tuningQueue.restore();
  let retraining: ReturnType<typeof startRetraining> | undefined;
  let closing = false;

  function request(trigger: JobRequest["trigger"], overrides: Overrides = {}): JobRequest {
    const hyperparameters = resolveHyperparameters(config.preset, { workers: config.workers, ...overrides });
    return {
      preset: config.preset,
      hyperparameters,
      warmStart: null,
      activate: "ifBetter",
      deadlineSeconds: config.trainingDeadline,
      trigger,
    };
  }

  /** Where jobs wait since the last start, the first of them may make it. */
  async function trainFirst(): Promise<void> {
    for (const { jobId } of queue.list().toReversed()) if (!serving.current()) await queue.ended(jobId);
    if (serving.current() || closing) return;
    const first = await queue.add(request("start", (await trainsOnSample(config, store)) ? sampleOverrides : {}));
    const { state, error } = await queue.ended(first.jobId);
    if (closing || serving.current()) return; // somebody activated a version meanwhile
    if (state === "cancelled") throw createError("CANCELLED");
    if (error) throw errorFrom(error.code, error.message);
  }

  async function stop(): Promise<void> {
    closing = true;
    await retraining?.stop();
    await Promise.all([queue.close(), tuningQueue.close(), comparisons.close()]);
  }
  let stopped: Promise<void> | undefined;
  const close = () => (stopped ??= stop());

  return {
    recommender: serving.current,
    models: serving.list,
    activateModel: serving.activate,
    removeModel: serving.remove,
    playlists: store.playlists,
    provisional,
    findModel: versions.find,
    comparisons,
    queue,
    tuningQueue,
    trainingDeadline: config.trainingDeadline,
    async begin() {
      await serving.load(({ version, manifest }) => {
        if (!manifest.sample || config.playlists.length === 0) return true;
        logger.warn(
          { modelVersion: version },
          "the model on the disk learned from the sample, and PLAYLISTS are set: training on them first",
        );
        return false;
      });
      queue.start();
      if (!serving.current()) await trainFirst();
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
      await serving.close();
      await store.close();
      lock.release();
    },
  };
}

/** A folder that can not be removed now is left to the next start. */
async function removeStaleStaging(versions: Versions, logger: Logger): Promise<void> {
  try {
    const removed = await versions.removeStaleStaging();
    if (removed > 0) logger.info({ removed }, "removed staging folders of trainings that have ended");
  } catch (error) {
    logger.warn({ err: error }, "could not remove staging folders");
  }
}

interface Parts {
  readonly versions: Versions;
  readonly store: Store;
  readonly serving: Serving;
  readonly judging: { version: number | null };
  readonly logger: Logger;
}

function createRun(config: Config, { versions, store, serving, judging, logger }: Parts): RunJob {
  return async ({ hyperparameters, warmStart, activate }, tell, signal) => {
    const trainedRevision = await store.playlists.revision();
    const { sample, ...source } = await playlistSource(config, store);
    if (sample) logger.info("no PLAYLISTS are set: training on the sample, which is made up");
    const bar = process.stderr.isTTY ? showProgress(process.stderr, hyperparameters.epochs) : undefined;
    const active = serving.current()?.model;
    judging.version = activate === "ifBetter" && active?.manifest.sample === sample ? active.version : null;
    try {
      const { version, summary } = await superviseTraining({
        task: { source, hyperparameters, trainedBy: `song2vec ${packageVersion}`, sample, index: config.index },
        active: judging.version === null ? null : { version: judging.version, mostLost: config.mostSongsLost },
        versions,
        warmStart,
        signal,
        niceness: active ? niceness : 0,
        onEvent: (event) => {
          bar?.onEvent(event);
          tell(event);
        },
        onOutput: (text) => tell({ type: "output", text }),
      });
      const reason = summary.gate?.reason ?? null;
      return {
        version,
        refusal: reason === null ? null : { reason },
        replaces: active?.version ?? null,
        trainedRevision,
      };
    } finally {
      judging.version = null;
      bar?.stop();
    }
  };
}

function logJob(logger: Logger, { jobId, state, error, modelVersion }: TrainingJob, event: JobEvent | undefined): void {
  if (event?.type === "output") logger.warn({ jobId, output: event.text }, "the trainer says");
  else if (event) logEvent(logger, jobId, event);
  else if (error) logger.error({ jobId, state, modelVersion, code: error.code }, `training ${state}: ${error.message}`);
  else logger.info({ jobId, state, modelVersion }, "training job");
}

function logEvent(logger: Logger, jobId: string, event: TrainingEvent): void {
  if (event.type === "corpus") logger.info({ jobId, report: event.report }, "read the playlists");
  else if (event.type === "warmStart")
    logger.info(
      { jobId, modelVersion: event.version, known: event.known, songs: event.songs },
      "starting from a model version",
    );
  else if (event.type === "memory") logger.info({ jobId, predictedMB: event.predictedMB }, "laying the training out");
  else if (event.type === "kernel")
    logger.info(
      { jobId, kernel: event.kernel, refused: event.refused },
      ["training", slownessOf(event.kernel)].filter(Boolean).join(", "),
    );
  else if (event.type === "indexed") logger.info({ jobId, ...event.index }, "built an index");
  else if (event.type === "epoch")
    logger.info(
      {
        jobId,
        epoch: event.epoch,
        loss: event.loss,
        validation: event.validation,
        songsPerSecond: Math.round(event.songsPerSecond),
      },
      "trained an epoch",
    );
}
