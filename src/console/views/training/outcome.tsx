import type { ComponentChildren } from "preact";
import type { PromotionCheck, TrainingJob } from "../../api/schema.ts";
import { status } from "../../state/status.ts";
import { linkTo } from "../../state/url.ts";
import { findText, number, t } from "../../texts/texts.ts";

/** How a training ended, in words, and what to do next. */
export function Outcome({ job }: { job: TrainingJob }) {
  const { state, modelVersion: version, gate } = job;
  if (state === "succeeded" && version !== null) {
    const evaluation = evaluated(job);
    const isActive = status.value?.model?.version === version;
    return (
      <Notice title={t(isActive ? "training.isActive" : "training.isKept", { version })}>
        {evaluation !== undefined && <p>{evaluation}</p>}
        {gate && <p>{passed(gate)}</p>}
        {!isActive && <p>{t("training.keptHint")}</p>}
        <p>
          <a href={modelLink(version)}>{t("training.seeModel", { version })}</a>
        </p>
      </Notice>
    );
  }
  if (state === "rejected" && version !== null)
    return (
      <Notice title={t("training.rejected", { version })} isBad>
        {gate ? (
          <p>
            {rejected(gate)} {t("training.stays", { activeVersion: gate.activeVersion })}
          </p>
        ) : (
          <p>{job.error?.message}</p>
        )}
        <p>
          <a href={modelLink(version)}>{t("training.activateAnyway", { version })}</a>
        </p>
      </Notice>
    );
  return <Unfinished job={job} />;
}

/** A job that failed, or was stopped. */
export function Unfinished({ job: { state, error } }: { job: Pick<TrainingJob, "state" | "error"> }) {
  if (state === "cancelled") return <Notice title={t("training.cancelled")} />;
  if (state === "interrupted")
    return <Notice title={t("training.interrupted")}>{<p>{findText("error.INTERRUPTED")}</p>}</Notice>;
  if (!error) return null;
  return (
    <Notice title={t("training.failed")} isBad>
      <p>{findText(`error.${error.code}`)}</p>
      <p>{error.message}</p>
      <code>{error.code}</code>
    </Notice>
  );
}

const modelLink = (version: number) => linkTo("models", [["version", String(version)]]);
const figures = ({ cases, activeVersion, figure, activeFigure }: PromotionCheck) => ({
  cases,
  activeVersion,
  figure: number(figure ?? 0, 4),
  activeFigure: number(activeFigure ?? 0, 4),
});

function evaluated({ evaluation }: TrainingJob): string | undefined {
  const blend = evaluation?.methods.find(({ method }) => method === "blend");
  if (!evaluation || !blend) return undefined;
  const [low = 0, high = 0] = blend.ndcg10Interval;
  return t("training.evaluation", {
    cases: evaluation.cases,
    figure: number(blend.ndcg10, 4),
    low: number(low, 4),
    high: number(high, 4),
  });
}

function passed(check: PromotionCheck): string | null {
  if (check.reason !== null) return rejected(check);
  return check.figure === null
    ? t("training.notCompared", { activeVersion: check.activeVersion })
    : t("training.passed", figures(check));
}

function rejected(check: PromotionCheck): string | null {
  if (check.failure === "LESS_ACCURATE") return t("training.rejectedWorse", figures(check));
  if (check.failure === "SONGS_LOST")
    return t("training.rejectedLost", { count: check.songsLost, activeVersion: check.activeVersion });
  return check.reason;
}

function Notice({ title, isBad, children }: { title: string; isBad?: boolean; children?: ComponentChildren }) {
  return (
    <div class={`notice ${isBad ? "bad" : ""}`} role="status">
      <strong>{title}</strong>
      {children}
    </div>
  );
}
