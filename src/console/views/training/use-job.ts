import { useEffect, useState } from "preact/hooks";
import { ApiError, api, data } from "../../api/client.ts";
import { events } from "../../api/events.ts";
import type { Epoch, Progress, TrainingJob, Trial, TuningJob } from "../../api/schema.ts";

export type Kind = "training" | "tuning";
/** A job of either kind. */
export type AnyJob = TrainingJob | TuningJob;

interface Followed<J> {
  readonly job: J | undefined;
  readonly error: ApiError | undefined;
  /** Whether the connection was lost; it is opened again. */
  readonly isBroken: boolean;
}

const secondsToReconnect = 2;

/** A job, followed until it ends. After a break, the first event of the new stream has all that was missed. */
export function useJob<J extends AnyJob>(kind: Kind, jobId: string | undefined): Followed<J> {
  const [state, setState] = useState<Followed<AnyJob>>({ job: undefined, error: undefined, isBroken: false });
  useEffect(() => {
    setState({ job: undefined, error: undefined, isBroken: false });
    if (jobId === undefined) return;
    const abort = new AbortController();
    let job: AnyJob | undefined;
    const show = (next: AnyJob) => setState({ job: (job = next), error: undefined, isBroken: false });
    void follow(`v1/${kind}-jobs/${jobId}/events`, abort.signal, {
      onEvent(event, content) {
        const before = job;
        show(job === undefined ? (content as AnyJob) : apply(job, event, content));
        // No event has the report of the data and the estimates, which are complete when a phase ends.
        if (before?.progress.phase !== job?.progress.phase && event === "progress" && kind === "training")
          void api
            .get("/v1/training-jobs/{jobId}", { params: { path: { jobId } }, signal: abort.signal })
            .then(({ data: now }) => {
              if (!now || !job || abort.signal.aborted) return;
              const { data: report, kernel, startedAt, predictedMemoryMB } = now;
              show({ ...job, data: report, kernel, startedAt, predictedMemoryMB } as TrainingJob);
            })
            .catch(() => undefined); // the next phase, or the end, brings it
      },
      onBreak: () => setState((before) => ({ ...before, isBroken: true })),
      onError: (error) => setState((before) => ({ ...before, error, isBroken: false })),
    });
    return () => abort.abort();
  }, [kind, jobId]);
  return state as Followed<J>;
}

interface Listener {
  onEvent(event: string, content: unknown): void;
  onBreak(): void;
  onError(error: ApiError): void;
}

async function follow(path: string, signal: AbortSignal, { onEvent, onBreak, onError }: Listener): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const { event, data: text } of events(path, signal)) {
        if (signal.aborted) return;
        onEvent(event, JSON.parse(text));
        if (event === "end") return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.problem.code !== "UNREACHABLE" && error.retryAfter === undefined) {
        onError(error);
        return;
      }
    }
    onBreak();
    await new Promise((resolve) => setTimeout(resolve, 1000 * secondsToReconnect));
  }
}

/** The job after an event. An event that the job has already changes nothing. */
function apply(job: AnyJob, event: string, content: unknown): AnyJob {
  switch (event) {
    case "job":
    case "end":
      return content as AnyJob;
    case "state":
      return { ...job, ...(content as Pick<AnyJob, "state">) };
    case "progress":
      return { ...job, progress: content as Progress };
    case "log":
      return { ...job, log: [...job.log, (content as { line: string }).line] };
    case "epoch":
      return "epochs" in job ? { ...job, epochs: [...job.epochs, content as Epoch] } : job;
    case "trial":
      return "trials" in job ? { ...job, trials: [...job.trials, content as Trial] } : job;
    default:
      return job;
  }
}

/** Cancels a job. @throws ApiError */
export async function cancel(kind: Kind, jobId: string): Promise<void> {
  const request = { params: { path: { jobId } } };
  await (kind === "training"
    ? data(api.delete("/v1/training-jobs/{jobId}", request))
    : data(api.delete("/v1/tuning-jobs/{jobId}", request)));
}
