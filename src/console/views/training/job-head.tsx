import type { ComponentChildren } from "preact";
import { Confirm } from "../../parts/confirm.tsx";
import { Meter, progressWords } from "../../parts/progress.tsx";
import { t, time } from "../../texts/texts.ts";
import { type AnyJob, cancel, type Kind } from "./use-job.ts";

const looks: Partial<Record<AnyJob["state"], string>> = {
  running: "accent",
  succeeded: "good",
  rejected: "bad",
  failed: "bad",
};

export function StateBadge({ state }: { state: AnyJob["state"] }) {
  return <span class={`badge ${looks[state] ?? ""}`}>{t(`training.state.${state}`)}</span>;
}

/** Time and state of a job; while it runs, its progress and a button that cancels it. */
export function JobHead({ job, kind, children }: { job: AnyJob; kind: Kind; children?: ComponentChildren }) {
  const { progress, state } = job;
  const shown = kind === "tuning" && progress.phase === "training" ? { ...progress, phase: "tuning" } : progress;
  const label = kind === "tuning" ? t("training.cancelTuning") : t("training.cancel");
  return (
    <div class="stack tight">
      <div class="row spread">
        <h2>{t(kind === "tuning" ? "training.tuningJob" : "training.job", { time: time(job.createdAt) })}</h2>
        <StateBadge state={state} />
      </div>
      {job.endedAt === null && (
        <>
          <Meter label={t("training.progress")} progress={shown} />
          <div class="row spread job-progress">
            <span class="small number" aria-live="polite">
              {progressWords(shown)}
              {children}
            </span>
            <Confirm
              label={label}
              title={t("training.cancelQuestion")}
              look="danger"
              keep={t("training.keepRunning")}
              act={() => cancel(kind, job.jobId)}
            >
              <p>{t("training.cancelHint")}</p>
            </Confirm>
          </div>
        </>
      )}
    </div>
  );
}

export function Log({ lines }: { lines: readonly string[] }) {
  return (
    <details>
      <summary>{t("training.log")}</summary>
      <pre class="scroll short" tabIndex={0} role="region" aria-label={t("training.log")}>
        {lines.join("\n")}
      </pre>
    </details>
  );
}

/** Seconds from start to end, or until now. */
export function tookSeconds({ startedAt, endedAt }: Pick<AnyJob, "startedAt" | "endedAt">): number | null {
  if (startedAt === null) return null;
  return Math.max(0, ((endedAt === null ? Date.now() : Date.parse(endedAt)) - Date.parse(startedAt)) / 1000);
}
