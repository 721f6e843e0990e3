import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { Versions } from "../model/format/versions.ts";
import type { Store } from "../store/store.ts";
import { superviseTuning } from "../training/tuning/supervise-tuning.ts";
import type { TuningJob, TuningJobEvent, TuningQueueOptions } from "../training/tuning/tuning-job.ts";
import { playlistSource } from "./data-folder.ts";

interface Parts {
  readonly versions: Versions;
  readonly store: Store;
  readonly niceness: () => number;
}

/** Creates the function that runs a tuning job on the current playlists. */
export function createTuningRun(config: Config, { versions, store, niceness }: Parts): TuningQueueOptions["run"] {
  return async ({ given, base, minutes, most, seed }, emit, signal) => {
    const { sample: _, ...source } = await playlistSource(config, store);
    return superviseTuning({
      task: { source, base, most, seed },
      given,
      minutes,
      versions,
      signal,
      niceness: niceness(),
      onEvent: emit,
      onStderr: (text) => emit({ type: "output", text }),
    });
  };
}

export function logTuning(
  logger: Logger,
  { jobId, state, error, answer }: TuningJob,
  event: TuningJobEvent | undefined,
): void {
  if (event?.type === "output") logger.warn({ jobId, output: event.text }, "trainer output");
  else if (event?.type === "trial") logger.info({ jobId, ...event.trial }, "trial evaluated");
  else if (event) return;
  else if (error) logger.error({ jobId, ...error }, `tuning job ${state}`);
  else logger.info({ jobId, ...(answer && { answer }) }, `tuning job ${state}`);
}
