import { Cron } from "croner";
import type { Logger } from "pino";
import type { Store } from "../store/store.ts";
import type { TrainingJob } from "../training/job.ts";
import type { TrainingQueue } from "../training/training-queue.ts";

export interface RetrainingOptions {
  readonly cron: string | undefined;
  /** So many playlists that were stored, replaced or removed since the last training read them. */
  readonly after: number | undefined;
  readonly store: Store;
  readonly queue: TrainingQueue;
  readonly logger: Logger;
  readonly train: (trigger: TrainingJob["trigger"]) => Promise<unknown>;
}

/** Milliseconds between two looks at what has changed. */
const lookEvery = 2000;

/** Retrains by the clock and by what has changed, never while a job waits or runs. */
export function startRetraining({ cron, after, store, queue, logger, train }: RetrainingOptions): {
  stop(): Promise<void>;
} {
  let looking: Promise<void> = Promise.resolve();
  const isBusy = () => queue.list().some(({ endedAt }) => endedAt === null);

  async function attempt(trigger: TrainingJob["trigger"]): Promise<void> {
    if (isBusy()) return;
    try {
      await train(trigger);
    } catch (error) {
      logger.error({ err: error, trigger }, "could not retrain");
    }
  }

  async function look(least: number): Promise<void> {
    if (isBusy()) return;
    const { trainedRevision } = await store.marks();
    if ((await store.playlists.changesSince(trainedRevision)) >= least) await attempt("changes");
  }

  const schedule = cron === undefined ? undefined : new Cron(cron, { unref: true }, () => attempt("schedule"));
  const timer =
    after === undefined
      ? undefined
      : setInterval(
          () =>
            void (looking = looking
              .then(() => look(after))
              .catch((error: unknown) => logger.error({ err: error }, "could not look for changes"))),
          lookEvery,
        );

  return {
    async stop() {
      schedule?.stop();
      clearInterval(timer);
      await looking;
    },
  };
}
