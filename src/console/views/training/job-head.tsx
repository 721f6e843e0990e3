import type { ComponentChildren } from "preact";
import { Confirm } from "../../parts/confirm.tsx";
import { duration, percent, t, time } from "../../texts/texts.ts";
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
  const phase = kind === "tuning" && progress.phase === "training" ? "tuning" : progress.phase;
  const label = kind === "tuning" ? t("training.cancelTuning") : t("training.cancel");
  return (
    <div class="stack tight">
      <div class="row spread">
        <h2>{t(kind === "tuning" ? "training.tuningJob" : "training.job", { time: time(job.createdAt) })}</h2>
        <StateBadge state={state} />
      </div>
      {job.endedAt === null && (
        <>
          <div
            class="meter"
            role="progressbar"
            aria-label={t("training.progress")}
            aria-valuenow={Math.round(100 * progress.share)}
          >
            <span style={{ width: `${100 * progress.share}%` }} />
          </div>
          <div class="row spread job-progress">
            <span class="small number" aria-live="polite">
              {t(`training.phase.${phase}`)} · {percent(progress.share)}
              {progress.etaSeconds !== null && ` · ${t("training.left", { time: duration(progress.etaSeconds) })}`}
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
