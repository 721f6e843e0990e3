import { randomUUID } from "node:crypto";
import { z } from "zod";

export const jobStates = ["queued", "running", "succeeded", "rejected", "failed", "cancelled", "interrupted"] as const;

export const progressSchema = z
  .object({
    phase: z
      .enum(["waiting", "reading", "training", "writing", "nextSongs", "evaluating", "indexing", "loading", "ended"])
      .describe("Phase of the job"),
    share: z.number().min(0).max(1).describe("Completed share of the training, from 0 to 1"),
    etaSeconds: z.number().nullable().describe("Estimated seconds until the training ends; null: unknown"),
  })
  .describe("Progress of the job")
  .meta({ id: "Progress" });

export const jobErrorSchema = z
  .object({
    code: z.string().describe("Error code"),
    message: z.string().describe("Explanation, for people"),
  })
  .meta({ id: "JobError" });

export const jobTimes = {
  createdAt: z.iso.datetime().describe("Time of the request"),
  startedAt: z.iso.datetime().nullable().describe("Start time; null: not started"),
  endedAt: z.iso.datetime().nullable().describe("End time; null: not ended"),
};

/** Fields that jobs of all kinds have. */
export interface Job {
  readonly jobId: string;
  readonly state: (typeof jobStates)[number];
  /** Id of the interrupted job that this job repeats. */
  readonly repeats: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly progress: z.infer<typeof progressSchema>;
  /** The last lines of the log. */
  readonly log: string[];
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** The common fields of a new job. */
export function queuedJob(repeats: string | null, now: Date) {
  return {
    jobId: randomUUID(),
    state: "queued" as const,
    repeats,
    createdAt: now.toISOString(),
    startedAt: null,
    endedAt: null,
    progress: { phase: "waiting" as const, share: 0, etaSeconds: null },
    log: [],
    error: null,
  };
}

export interface RunningJob<J, Event> {
  readonly emit: (event: Event) => void;
  readonly update: (changes: Partial<J>) => void;
  readonly signal: AbortSignal;
}

/** What differs between the kinds of jobs. */
export interface JobKind<J extends Job, Request, Event> {
  /** For messages: "training" as in "a training job". */
  readonly name: string;
  readonly schema: z.ZodType<J>;
  create(request: Request, repeats: string | null, now: Date): J;
  /** The request that repeats an interrupted job. */
  repeatRequest(job: J): Request;
  deadlineSeconds(job: J): number;
  /** Whether the event marks the start of the training, from which the ETA is estimated. */
  startsTraining(event: Event): boolean;
  /**
   * The changes of a job that follow from an event.
   * @param trainingStartedAt Unix time in milliseconds, like `now`
   */
  applyEvent(job: J, event: Event, trainingStartedAt: number, now: number): Partial<J>;
  /** Events of a change for readers of the event log, in addition to state, log and progress. */
  changeEvents(before: J, after: J): readonly { readonly type: string; readonly data: unknown }[];
  logLines(event: Event): string[];
  /**
   * If the signal aborts, rejects after the child process of the job has exited.
   * @returns why the result is rejected; undefined: it is not
   */
  run(job: J, running: RunningJob<J, Event>): Promise<Error | undefined>;
}
