import { createError } from "../errors.ts";
import { follow, type JobEvent, type JobRequest, linesOf, newJob, type TrainingJob, trainingJobSchema } from "./job.ts";
import type { JobKind } from "./job-kind.ts";
import { createQueue, type Queue, type QueueOptions } from "./queue.ts";

export type TrainingQueue = Queue<TrainingJob, JobRequest>;

export interface Outcome {
  /** The version published. */
  readonly version: number;
  /** Why it should not take the place of the version that serves; null where it should. */
  readonly refusal: { readonly reason: string } | null;
}

/** Does the work of one job; `tell` hears how it goes. Rejects once nothing of it runs any more, where the signal aborts. */
export type RunJob = (request: JobRequest, tell: (event: JobEvent) => void, signal: AbortSignal) => Promise<Outcome>;

export interface TrainingQueueOptions extends Omit<QueueOptions<TrainingJob, JobRequest, JobEvent>, "kind"> {
  readonly run: RunJob;
  /** Makes a version the one that is served, before its job counts as done. */
  readonly activate: (version: number, signal: AbortSignal) => Promise<void>;
  /** Runs after a job that published a version. */
  readonly tidy?: () => Promise<void>;
}

export function createTrainingQueue({ run, activate, tidy, ...options }: TrainingQueueOptions): TrainingQueue {
  const kind: JobKind<TrainingJob, JobRequest, JobEvent> = {
    name: "training",
    schema: trainingJobSchema,
    create: newJob,
    again: (job) => ({ ...job, trigger: "restart" }),
    deadlineSeconds: (job) => job.deadlineSeconds,
    amend: (job, changes) => ({ ...job, ...changes }),
    begins: (event) => event.type === "kernel",
    follow,
    news: (before, after) => (after.epochs === before.epochs ? [] : [{ type: "epoch", data: after.epochs.at(-1) }]),
    linesOf,
    async run(job, { tell, change, signal }) {
      const { version, refusal } = await run(job, tell, signal);
      const rejected = refusal !== null && job.activate === "ifBetter";
      change({ modelVersion: version, progress: { phase: "loading", share: 1, etaSeconds: 0 } });
      if (!rejected && job.activate !== "never") await activate(version, signal);
      await tidy?.();
      return rejected ? createError("MODEL_REJECTED", refusal) : undefined;
    },
  };
  return createQueue({ ...options, kind });
}
