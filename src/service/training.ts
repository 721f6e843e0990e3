import type { Logger } from "pino";
import type { Config } from "../config.ts";
import { createError } from "../errors.ts";
import type { Versions } from "../model/format/versions.ts";
import type { Store } from "../store/store.ts";
import type { JobEvent, TrainingJob } from "../training/jobs/training-job.ts";
import type { RunJob } from "../training/jobs/training-queue.ts";
import type { TrainingEvent } from "../training/pipeline/events.ts";
import { superviseTraining } from "../training/process/supervisor.ts";
import { describeSlowdown } from "../word2vec/kernel/kernel.ts";
import type { ActiveModel } from "./active-model.ts";
import { playlistSource } from "./data-folder.ts";

/** Displays a training; it is stopped when the training ends. */
export interface TrainingDisplay {
  onEvent(event: TrainingEvent): void;
  stop(): void;
}

export interface TrainingRunOptions {
  readonly versions: Versions;
  readonly store: Store;
  readonly activeModel: ActiveModel;
  readonly logger: Logger;
  /** Scheduling priority of the trainer. */
  readonly niceness: () => number;
  /** Written into the manifest. */
  readonly trainedBy: string;
  readonly display?: ((epochs: number) => TrainingDisplay | undefined) | undefined;
}

export interface TrainingRun {
  readonly run: RunJob;
  /** The version that the promotion check of the running job uses. */
  comparedVersion(): number | null;
}

/** Creates the function that runs a training job on the current playlists. */
export function createTrainingRun(
  config: Config,
  { versions, store, activeModel, logger, niceness, trainedBy, display }: TrainingRunOptions,
): TrainingRun {
  let compared: number | null = null;
  return {
    comparedVersion: () => compared,
    async run({ hyperparameters, warmStart, activate }, emit, signal) {
      const trainedRevision = await store.playlists.revision();
      const { sample, ...source } = await playlistSource(config, store);
      const active = activeModel.current()?.model;
      if (sample && active && !active.manifest.sample) throw createError("PLAYLISTS_NOT_SET");
      if (sample) logger.info("PLAYLISTS is not set, training on the synthetic sample");
      const shown = display?.(hyperparameters.epochs);
      compared = activate === "ifBetter" && active?.manifest.sample === sample ? active.version : null;
      try {
        const { version, summary } = await superviseTraining({
          task: { source, hyperparameters, trainedBy, sample, index: config.index },
          active: compared === null ? null : { version: compared, maxLostShare: config.mostSongsLost },
          versions,
          warmStart,
          signal,
          niceness: niceness(),
          onEvent(event) {
            shown?.onEvent(event);
            emit(event);
          },
          onStderr: (text) => emit({ type: "output", text }),
        });
        const reason = summary.gate?.reason ?? null;
        return {
          version,
          rejection: reason === null ? null : { reason },
          replaces: active?.version ?? null,
          trainedRevision,
        };
      } finally {
        compared = null;
        shown?.stop();
      }
    },
  };
}

export function logTraining(
  logger: Logger,
  { jobId, state, error, modelVersion }: TrainingJob,
  event: JobEvent | undefined,
): void {
  if (event?.type === "output") logger.warn({ jobId, output: event.text }, "trainer output");
  else if (event) {
    const [message, fields] = describeEvent(event);
    if (message !== undefined) logger.info({ jobId, ...fields }, message);
    if (event.type === "corpus" && event.report.catalogue?.described === 0)
      logger.warn({ jobId, ...event.report.catalogue.columns }, "catalogue describes none of the songs");
  } else if (error) logger.error({ jobId, modelVersion, ...error }, `training job ${state}`);
  else if (state === "running" && modelVersion !== null) logger.info({ jobId, modelVersion }, "model published");
  else logger.info({ jobId, ...(modelVersion !== null && { modelVersion }) }, `training job ${state}`);
}

function describeEvent(event: TrainingEvent): readonly [message?: string, fields?: object] {
  switch (event.type) {
    case "corpus":
      return ["playlists read", reportFields(event.report)];
    case "warmStart":
      return ["warm start", { modelVersion: event.version, known: event.known, songs: event.songs }];
    case "memory":
      return ["memory estimated", { predictedMB: event.predictedMB }];
    case "kernel": {
      const { kernel, refused } = event;
      const slowness = describeSlowdown(kernel);
      return ["training started", { kernel, ...(slowness && { slowness }), ...(refused.length > 0 && { refused }) }];
    }
    case "nextSongsTrained": {
      const { type: _, ...figures } = event;
      return ["next-song vectors trained", figures];
    }
    case "indexed":
      return ["index built", event.index];
    case "epoch": {
      const { type: _, songsPerSecond, ...figures } = event;
      return ["epoch finished", { ...figures, songsPerSecond: Math.round(songsPerSecond) }];
    }
    default:
      return [];
  }
}

type Report = Extract<TrainingEvent, { type: "corpus" }>["report"];

function reportFields(report: Report): object {
  const { files, rows, stored, listening, catalogue, dropped, playlists, songs, plays, seconds } = report;
  return {
    files: files.join(", "),
    rows,
    ...(stored > 0 && { storedPlaylists: stored }),
    ...(listening && { listening }),
    playlists: playlists.kept,
    songs: songs.kept,
    plays: plays.kept,
    ...(catalogue && { describedSongs: catalogue.described }),
    ...(dropped.length > 0 && { droppedRows: dropped.reduce((sum, { count }) => sum + count, 0), dropped }),
    seconds,
  };
}
