import { createError } from "../../errors.ts";
import {
  applyEvent,
  type JobEvent,
  type JobRequest,
  logLines,
  createTrainingJob,
  type TrainingJob,
  trainingJobSchema,
} from "./training-job.ts";
import type { JobKind } from "./job-kind.ts";
import { createQueue, type Queue, type QueueOptions } from "./queue.ts";

export type TrainingQueue = Queue<TrainingJob, JobRequest>;

export interface Outcome {
  /** The version published. */
  readonly version: number;
  /** Why the promotion check failed; null: it passed. */
  readonly rejection: { readonly reason: string } | null;
  /** The version that was active when the job started; null: none. */
  readonly replaces: number | null;
  /** The revision of the stored playlists that it was trained with. */
  readonly trainedRevision: number;
}

/** Runs one job. If the signal aborts, rejects after the trainer process has exited. */
export type RunJob = (request: JobRequest, emit: (event: JobEvent) => void, signal: AbortSignal) => Promise<Outcome>;

export interface TrainingQueueOptions extends Omit<QueueOptions<TrainingJob, JobRequest, JobEvent>, "kind"> {
  readonly run: RunJob;
  /**
   * Activates a version before its job ends.
   * @returns why it was not activated: another version than `replaces` is active by now; null: it was
   */
  readonly activate: (version: number, replaces: number | null, signal: AbortSignal) => Promise<Outcome["rejection"]>;
  /** Runs after a version was published and, unless rejected, activated. Must not reject. */
  readonly cleanUp?: (outcome: Outcome) => Promise<void>;
}

export function createTrainingQueue({ run, activate, cleanUp, ...options }: TrainingQueueOptions): TrainingQueue {
  const kind: JobKind<TrainingJob, JobRequest, JobEvent> = {
    name: "training",
    schema: trainingJobSchema,
    create: createTrainingJob,
    repeatRequest: (job) => ({ ...job, trigger: "restart" }),
    deadlineSeconds: (job) => job.deadlineSeconds,
    startsTraining: (event) => event.type === "kernel",
    applyEvent,
    changeEvents: (before, after) =>
      after.epochs === before.epochs ? [] : [{ type: "epoch", data: after.epochs.at(-1) }],
    logLines,
    async run(job, { emit, update, signal }) {
      const outcome = await run(job, emit, signal);
      const { version, rejection, replaces } = outcome;
      update({ modelVersion: version, progress: { phase: "loading", share: 1, etaSeconds: 0 } });
      const rejected = await activateUnlessRejected(job.activate === "ifBetter" ? rejection : null);
      await cleanUp?.(outcome);
      return rejected ? createError("MODEL_REJECTED", rejected) : undefined;

      async function activateUnlessRejected(rejection: Outcome["rejection"]): Promise<Outcome["rejection"]> {
        return rejection || job.activate === "never" ? rejection : activate(version, replaces, signal);
      }
    },
  };
  return createQueue({ ...options, kind });
}
