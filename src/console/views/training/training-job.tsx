import type { Hyperparameters, TrainingJob } from "../../api/schema.ts";
import { Fact } from "../../parts/fact.tsx";
import { ReadReport } from "../../parts/ingest-report.tsx";
import { linkTo } from "../../state/url.ts";
import { duration, number, t, time } from "../../texts/texts.ts";
import { Curves } from "../../parts/curves.tsx";
import { show } from "./hyperparameters.ts";
import { JobHead, Log, tookSeconds } from "./job-head.tsx";
import { Outcome } from "./outcome.tsx";

/** A training: progress, result, curves, what was read, and details. */
export function TrainingJobView({ job }: { job: TrainingJob }) {
  const { epochs, hyperparameters, data } = job;
  const last = epochs.at(-1);
  const isRunning = job.state === "running";
  return (
    <article class="panel stack">
      <JobHead job={job} kind="training">
        {last && ` · ${t("training.epochOf", { epoch: last.epoch, epochs: hyperparameters.epochs })}`}
        {last && ` · ${t("training.speed", { count: last.songsPerSecond })}`}
      </JobHead>
      {job.endedAt !== null && <Outcome job={job} />}
      {(isRunning || epochs.length > 0) && (
        <Curves epochs={epochs} total={hyperparameters.epochs} hasValidation={hyperparameters.patience > 0} />
      )}
      {data && <ReadReport report={data} limits={hyperparameters} />}
      {!data && isRunning && <p class="hint">{t("report.reading")}</p>}
      <Details job={job} />
      <Log lines={job.log} />
    </article>
  );
}

function Details({ job }: { job: TrainingJob }) {
  const seconds = tookSeconds(job);
  const facts: [string, string | null][] = [
    [t("training.startedAt"), job.startedAt && time(job.startedAt)],
    [t("training.took"), seconds === null ? null : duration(seconds)],
    [t("training.trigger"), t(`training.trigger.${job.trigger}`)],
    [t("training.activate"), t(`training.activate.${job.activate}`)],
    [
      t("training.warmStart"),
      job.warmStart === null ? t("training.warmStart.random") : t("model.version", { version: job.warmStart }),
    ],
    [t("training.kernel"), job.kernel],
    [t("training.memory"), memoryOf(job)],
  ];
  const values = Object.entries(job.hyperparameters) as [
    keyof Hyperparameters,
    Hyperparameters[keyof Hyperparameters],
  ][];
  return (
    <details>
      <summary>{t("training.details")}</summary>
      <div class="stack details">
        <dl class="facts">
          {facts.map(
            ([name, value]) =>
              value !== null && (
                <Fact key={name} name={name}>
                  {value}
                </Fact>
              ),
          )}
          <Fact name={t("training.preset")}>{t(`training.preset.${job.preset}`)}</Fact>
        </dl>
        <dl class="facts">
          {values.map(([name, value]) => (
            <Fact key={name} name={name}>
              {show(value)}
            </Fact>
          ))}
        </dl>
        <p>
          <a href={formLink(job.preset, job.hyperparameters)}>{t("training.again")}</a>
        </p>
      </div>
    </details>
  );
}

function memoryOf({ peakMemoryMB: peak, predictedMemoryMB: predicted }: TrainingJob): string | null {
  if (predicted === null) return peak === null ? null : `${number(peak)} MB`;
  return peak === null ? t("training.memoryEstimate", { predicted }) : t("training.memoryOf", { peak, predicted });
}

/** Link to a form with these values. */
export function formLink(preset: string, hyperparameters: object): string {
  return linkTo("training", [
    ["preset", preset],
    ["with", JSON.stringify(hyperparameters)],
  ]);
}
