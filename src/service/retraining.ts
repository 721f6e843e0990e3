import { Cron } from "croner";
import type { Logger } from "pino";
import type { Store } from "../store/store.ts";
import type { TrainingJob } from "../training/jobs/training-job.ts";
import type { TrainingQueue } from "../training/jobs/training-queue.ts";

export interface RetrainingOptions {
  readonly cron: string | undefined;
  /** Number of stored playlists that have changed since the last successful training. */
  readonly after: number | undefined;
  readonly store: Store;
  readonly queue: TrainingQueue;
  readonly logger: Logger;
  readonly train: (trigger: TrainingJob["trigger"]) => Promise<TrainingJob>;
}

/** Milliseconds between two checks for changes; doubled after each failure in a row, up to the second value. */
const checkInterval = 2000;
const maxRetryDelay = 3_600_000;

/** Starts retrains on a schedule and after changes, never while a job is queued or running. */
export function startRetraining({ cron, after, store, queue, logger, train }: RetrainingOptions): {
  stop(): Promise<void>;
} {
  let checking: Promise<void> = Promise.resolve();
  let failures = 0;
  let retryAt = 0;
  /** Revision that a cancelled training has read: only later changes start another one. */
  let cancelledRevision = 0;
  const isBusy = () => queue.list().some(({ endedAt }) => endedAt === null);

  async function attempt(trigger: TrainingJob["trigger"]): Promise<TrainingJob | undefined> {
    if (isBusy()) return undefined;
    try {
      return await train(trigger);
    } catch (error) {
      logger.error({ err: error, trigger }, "failed to start a retrain");
      return undefined;
    }
  }

  async function check(least: number): Promise<void> {
    if (isBusy() || performance.now() < retryAt) return;
    const { trainedRevision } = await store.state();
    const changes = await store.playlists.changesSince(Math.max(trainedRevision, cancelledRevision));
    if (changes < least) return;
    const revision = await store.playlists.revision();
    const job = await attempt("changes");
    if (job) void queue.waitForEnd(job.jobId).then(({ state }) => note(state, revision));
  }

  function note(state: TrainingJob["state"], revision: number): void {
    failures = state === "failed" ? failures + 1 : 0;
    if (state === "failed") retryAt = performance.now() + Math.min(maxRetryDelay, checkInterval * 2 ** failures);
    if (state === "cancelled") cancelledRevision = revision;
  }

  const schedule =
    cron === undefined ? undefined : new Cron(cron, { unref: true }, async () => void (await attempt("schedule")));
  const timer =
    after === undefined
      ? undefined
      : setInterval(
          () =>
            void (checking = checking
              .then(() => check(after))
              .catch((error: unknown) => logger.error({ err: error }, "failed to check for changed playlists"))),
          checkInterval,
        );

  return {
    async stop() {
      schedule?.stop();
      clearInterval(timer);
      await checking;
    },
  };
}
