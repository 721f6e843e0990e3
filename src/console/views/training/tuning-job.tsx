import type { Trial, TuningJob } from "../../api/schema.ts";
import { ReadReport } from "../../parts/ingest-report.tsx";
import { duration, number, percent, t } from "../../texts/texts.ts";
import { show } from "./hyperparameters.ts";
import { JobHead, Log } from "./job-head.tsx";
import { Unfinished } from "./outcome.tsx";
import { formLink } from "./training-job.tsx";

/** A tuning: progress, its trials, and what it recommends. */
export function TuningJobView({ job }: { job: TuningJob }) {
  return (
    <article class="panel stack">
      <JobHead job={job} kind="tuning" />
      <Answer job={job} />
      {job.endedAt !== null && <Unfinished job={job} />}
      <Trials trials={job.trials} best={bestOf(job)} />
      {job.data && (
        <details>
          <summary>{t("report.title")}</summary>
          <ReadReport report={job.data} limits={job.base} />
        </details>
      )}
      <Log lines={job.log} />
    </article>
  );
}

function Answer({ job: { answer, preset } }: { job: TuningJob }) {
  if (!answer) return null;
  const { trial, gain, gainError } = answer;
  if (trial === 1)
    return (
      <div class="notice" role="status">
        <strong>{t("training.answerPreset")}</strong>
        <p>{t("training.answerPresetHint")}</p>
      </div>
    );
  return (
    <div class="notice" role="status">
      <strong>{t("training.answer", { trial })}</strong>
      <p>{t("training.answerHint", { gain: number(gain, 4), error: number(gainError, 4) })}</p>
      <p>
        <a class="button primary" href={formLink(preset, answer.hyperparameters)}>
          {t("training.trainWithThese")}
        </a>
      </p>
    </div>
  );
}

/** The best trial so far, among those on most playlists. */
function bestOf({ answer, trials }: TuningJob): Trial | undefined {
  if (answer) return trials.find(({ trial, share }) => trial === answer.trial && share === answer.share);
  const share = Math.max(0, ...trials.map((trial) => trial.share));
  return trials
    .filter((trial) => trial.share === share && trial.figure !== null)
    .toSorted((a, b) => (b.figure ?? 0) - (a.figure ?? 0))[0];
}

function Trials({ trials, best }: { trials: readonly Trial[]; best: Trial | undefined }) {
  if (trials.length === 0) return <p class="hint">{t("training.noTrials")}</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("training.trialTable")}>
      <table class="table trials">
        <thead>
          <tr>
            <th scope="col">{t("training.trial")}</th>
            <th scope="col">{t("training.differs")}</th>
            <th scope="col">{t("training.share")}</th>
            <th scope="col">NDCG@10</th>
            <th scope="col">{t("training.gain")}</th>
            <th scope="col">{t("training.time")}</th>
          </tr>
        </thead>
        <tbody>
          {trials.map((trial) => (
            <tr key={`${trial.trial} ${trial.share}`}>
              <td>
                {trial.trial} {trial === best && <span class="badge good">{t("training.best")}</span>}
              </td>
              <td>{differences(trial)}</td>
              <td>{percent(trial.share)}</td>
              <td>{trial.figure === null ? trial.problem : withError(trial.figure, trial.standardError)}</td>
              <td>{trial.gain === null || trial.trial === 1 ? "–" : withError(trial.gain, trial.gainError)}</td>
              <td>{duration(trial.seconds)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function differences({ overrides }: Trial): string {
  const parts = Object.entries(overrides).map(([name, value]) => `${name} ${show(value)}`);
  return parts.join(", ") || t("training.isPreset");
}

function withError(value: number, error: number | null): string {
  return error === null ? number(value, 4) : `${number(value, 4)} ± ${number(error, 4)}`;
}
