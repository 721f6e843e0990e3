import { randomUUID } from "node:crypto";
import { z } from "zod";

export const jobStates = ["queued", "running", "succeeded", "rejected", "failed", "cancelled", "interrupted"] as const;

export const progressSchema = z.object({
  phase: z.enum(["waiting", "reading", "training", "writing", "evaluating", "indexing", "loading", "ended"]),
  share: z.number().min(0).max(1).describe("Of all songs × epochs, how many are trained"),
  etaSeconds: z.number().nullable().describe("Seconds that training will still take"),
});

/** What every job has. */
export interface Job {
  readonly jobId: string;
  readonly state: (typeof jobStates)[number];
  /** The interrupted job that it runs again. */
  readonly repeats: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly progress: z.infer<typeof progressSchema>;
  /** The last lines. */
  readonly log: string[];
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** A job as it begins, but for what only its kind has. */
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

/** What a running job may do. */
export interface RunningJob<J, Event> {
  readonly emit: (event: Event) => void;
  readonly update: (changes: Partial<J>) => void;
  readonly signal: AbortSignal;
}

/** What a queue needs to know of the jobs that are in it. */
export interface JobKind<J extends Job, Request, Event> {
  /** As in "a training job". */
  readonly name: string;
  readonly schema: z.ZodType<J>;
  create(request: Request, repeats: string | null, now: Date): J;
  /** What to ask for to have an interrupted job run again. */
  repeatRequest(job: J): Request;
  deadlineSeconds(job: J): number;
  /** Whether the work whose end can be foretold begins with an event. */
  startsTraining(event: Event): boolean;
  /** What an event changes. @param since when that began, in milliseconds, as `now` */
  applyEvent(job: J, event: Event, trainingStartedAt: number, now: number): Partial<J>;
  /** What followers hear of a change, beside state, log and progress. */
  changeEvents(before: J, after: J): readonly { readonly type: string; readonly data: unknown }[];
  logLines(event: Event): string[];
  /** Rejects once nothing of it runs any more, where the signal aborts. @returns why what came of it is rejected, where it is */
  run(job: J, running: RunningJob<J, Event>): Promise<Error | undefined>;
}
