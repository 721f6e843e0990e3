import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { createError, errorFrom } from '../errors.ts';
import { type Comparisons, createComparisons } from '../evaluate/compare-aside.ts';
import type { ModelVersion } from '../http/schemas/models.ts';
import type { Version, Versions } from '../model/versions.ts';
import { createRecommender, type Recommender } from '../recommend/recommender.ts';
import type { TrainingEvent } from '../training/pipeline.ts';
import { createQueue, type Queue, type TrainingJob } from '../training/queue.ts';
import { superviseTraining } from '../training/supervisor.ts';
import { resolveHyperparameters } from '../word2vec/hyperparameters.ts';
import { slownessOf } from '../word2vec/kernel/kernel.ts';
import { openDataFolder, playlistSource } from './data-folder.ts';
import { packageVersion } from './package.ts';
import { showProgress } from './progress.ts';

/** What stands behind the routes: the model that answers, the versions, and the training jobs. */
export interface Service {
  recommender(): Recommender | undefined;
  models(): Promise<ModelVersion[]>;
  readonly findModel: Versions['find'];
  readonly comparisons: Comparisons;
  readonly queue: Queue;
  /** Loads the newest sound version, or trains the first. @throws what kept the first training from ending well */
  begin(): Promise<void>;
  close(): Promise<void>;
}

/** While a model serves, training lets everything else go first. */
const niceness = 10;

/** The sample is there to be seen within seconds; its patterns are plain enough for that. */
const sampleOverrides = { epochs: 5, workers: 1 };

/** @throws DATA_DIR_UNUSABLE */
export async function startService(config: Config, logger: Logger): Promise<Service> {
  const versions = await openDataFolder(config.dataDir);
  const comparisons = createComparisons();
  let active: Recommender | undefined;
  let bar: ((event: TrainingEvent) => void) | undefined;

  async function activate(version: number): Promise<void> {
    active = await createRecommender(await versions.load(version));
    logger.info({ modelVersion: version, songs: active.model.songs.length, scan: active.scanKernel }, 'serving a new model version');
  }

  const queue = createQueue({
    async run({ hyperparameters, warmStart }, tell, signal) {
      const { sample, ...source } = await playlistSource(config);
      if (sample) logger.info('no PLAYLISTS are set: training on the sample, which is made up');
      const task = { source, hyperparameters, trainedBy: `song2vec ${packageVersion}`, sample };
      bar = process.stderr.isTTY ? showProgress(process.stderr, hyperparameters.epochs) : undefined;
      const { version } = await superviseTraining({ task, versions, warmStart, onEvent: tell, signal, niceness: active ? niceness : 0 });
      return version;
    },
    activate,
    onChange: (job, event) => {
      if (event && bar) bar(event);
      logJob(logger, job, event);
    },
  });

  return {
    recommender: () => active,
    models: async () => (await versions.list()).map((version) => describe(version, active?.model.version)),
    findModel: versions.find,
    comparisons,
    queue,
    async begin() {
      active = await loadNewest(versions, config, logger);
      if (active) return;
      const brief = config.playlists.length === 0 ? sampleOverrides : {};
      const hyperparameters = resolveHyperparameters(config.preset, { workers: config.workers, ...brief });
      const first = queue.add({ preset: config.preset, hyperparameters, warmStart: null });
      const { state, error } = await queue.ended(first.jobId);
      if (state === 'failed' && error) throw errorFrom(error.code, error.message);
      if (state === 'cancelled') throw createError('CANCELLED');
    },
    async close() {
      await Promise.all([queue.close(), comparisons.close()]);
    },
  };
}

async function loadNewest(versions: Versions, config: Config, logger: Logger): Promise<Recommender | undefined> {
  const started = performance.now();
  const model = await versions.loadNewest({ onDamaged: (version, error) => logger.error({ modelVersion: version }, `version ${version} is passed over: ${error.message}`) });
  if (!model) return undefined;
  if (model.manifest.sample && config.playlists.length > 0) {
    logger.warn({ modelVersion: model.version }, 'the model on the disk learned from the sample, and PLAYLISTS are set: training on them first');
    return undefined;
  }
  const recommender = await createRecommender(model);
  logger.info({ modelVersion: model.version, songs: model.songs.length, scan: recommender.scanKernel, ms: Math.round(performance.now() - started) }, 'serving a model version from the disk');
  return recommender;
}

function logJob(logger: Logger, { jobId, state, error, modelVersion }: TrainingJob, event: TrainingEvent | undefined): void {
  if (event?.type === 'progress') return;
  if (event?.type === 'corpus') logger.info({ jobId, report: event.report }, 'read the playlists');
  else if (event?.type === 'warmStart') logger.info({ jobId, modelVersion: event.version, known: event.known, songs: event.songs }, 'starting from a model version');
  else if (event?.type === 'memory') logger.info({ jobId, predictedMB: event.predictedMB }, 'laying the training out');
  else if (event?.type === 'kernel') logger.info({ jobId, kernel: event.kernel, refused: event.refused }, ['training', slownessOf(event.kernel)].filter(Boolean).join(', '));
  else if (event?.type === 'epoch') logger.info({ jobId, epoch: event.epoch, loss: event.loss, validation: event.validation, songsPerSecond: Math.round(event.songsPerSecond) }, 'trained an epoch');
  else if (event === undefined && error) logger.error({ jobId, code: error.code }, `training failed: ${error.message}`);
  else if (event === undefined) logger.info({ jobId, state, modelVersion }, 'training job');
}

function describe(version: Version, active: number | undefined): ModelVersion {
  const base = { version: version.version, active: version.version === active };
  if ('problem' in version) return { ...base, createdAt: null, songs: null, plays: null, vectorSize: null, kernel: null, lossByEpoch: [], validationByEpoch: [], bestEpoch: null, warmStart: null, problem: version.problem };
  const { createdAt, songs, plays, vectorSize, kernel, lossByEpoch, validationByEpoch, bestEpoch, warmStart } = version.manifest;
  return { ...base, createdAt, songs, plays, vectorSize, kernel, lossByEpoch, validationByEpoch, bestEpoch, warmStart, problem: null };
}
