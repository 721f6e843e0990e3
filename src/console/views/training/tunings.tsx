import { useState } from "preact/hooks";
import { api, data } from "../../api/client.ts";
import type { Presets, TuningJob } from "../../api/schema.ts";
import { Empty, Loading, Problem } from "../../parts/states.tsx";
import { useAction } from "../../state/action.ts";
import { useLoad } from "../../state/load.ts";
import { useQuery } from "../../state/url.ts";
import { t } from "../../texts/texts.ts";
import { Field, problemsOf } from "./fields.tsx";
import { History } from "./history.tsx";
import { PresetChoice, presetOf } from "./preset-choice.tsx";
import { TuningJobView } from "./tuning-job.tsx";
import { useJob } from "./use-job.ts";

/** Tunings: a form, the selected one or the newest, and all. */
export function Tunings() {
  const { query, setQuery } = useQuery("training");
  const selected = query.get("job") ?? undefined;
  const presets = useLoad((signal) => data(api.get("/v1/presets", { signal })), []);
  const [newest, setNewest] = useState<string>();
  const list = useLoad((signal) => data(api.get("/v1/tuning-jobs", { signal })), [newest]);
  const jobs = list.value?.items;
  const jobId = selected ?? (jobs?.find(({ state }) => state === "running") ?? jobs?.[0])?.jobId;
  const { job, error, isBroken } = useJob<TuningJob>("tuning", jobId);
  // The list is loaded again when a job starts or ends.
  const revision = job && `${job.jobId} ${job.state}`;
  if (revision !== undefined && revision !== newest) setNewest(revision);
  return (
    <div class={`with-side ${selected === undefined ? "" : "job-first"}`}>
      {presets.error && <Problem error={presets.error} retry={presets.reload} />}
      {presets.value ? (
        <TuningForm
          presets={presets.value}
          onStart={(id) =>
            setQuery(
              [
                ["tab", "tuning"],
                ["job", id],
              ],
              true,
            )
          }
        />
      ) : (
        !presets.error && <Loading lines={6} />
      )}
      <div class="stack">
        {isBroken && (
          <p class="notice" role="status">
            {t("training.reconnecting")}
          </p>
        )}
        {error && <Problem error={error} />}
        {job ? (
          <TuningJobView key={job.jobId} job={job} />
        ) : (
          !error &&
          (jobs && jobId === undefined ? (
            <Empty title={t("training.noTuning")}>
              <p>{t("training.noTuningHint")}</p>
            </Empty>
          ) : (
            <div class="panel">
              <Loading />
            </div>
          ))
        )}
        {list.error && <Problem error={list.error} retry={list.reload} />}
        {jobs && jobs.length > 0 && (
          <History
            jobs={jobs.map((each) => (each.jobId === job?.jobId ? job : each))}
            kind="tuning"
            selected={jobId}
            columns={[[t("training.trialTable"), ({ trials }) => trials.length]]}
          />
        )}
      </div>
    </div>
  );
}

function TuningForm({ presets, onStart }: { presets: Presets; onStart: (jobId: string) => void }) {
  const [preset, setPreset] = useState(presetOf(presets));
  const [minutes, setMinutes] = useState("10");
  const [trials, setTrials] = useState("");
  const { error, isBusy, run } = useAction();
  const problems = problemsOf(error);

  const start = () =>
    run(async () => {
      const job = await data(
        api.post("/v1/tuning-jobs", {
          body: {
            hyperparameters: {},
            ...(preset !== "default" && { preset: preset as "tuned" }),
            minutes: Number(minutes),
            ...(trials.trim() !== "" && { trials: Number(trials) }),
          },
        }),
      );
      onStart(job.jobId);
    });

  return (
    <form
      class="panel stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <h2>{t("training.startTuning")}</h2>
      <p class="hint">{t("training.tuningHint")}</p>
      <PresetChoice presets={presets} value={preset} onChange={setPreset} />
      <Field
        label={t("training.minutes")}
        hint={t("training.minutesHint")}
        value={minutes}
        set={setMinutes}
        problem={problems["minutes"]}
      />
      <Field
        label={t("training.trials")}
        hint={t("training.trialsHint")}
        value={trials}
        set={setTrials}
        problem={problems["trials"]}
      />
      {error && <Problem error={error} />}
      <button class="button primary" disabled={isBusy}>
        {t(isBusy ? "training.starting" : "training.startTuningButton")}
      </button>
    </form>
  );
}
