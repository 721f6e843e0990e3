import { useState } from "preact/hooks";
import { api, data } from "../../api/client.ts";
import type { Presets, TuningJob } from "../../api/schema.ts";
import { Problem } from "../../parts/states.tsx";
import { useAction } from "../../state/action.ts";
import { t } from "../../texts/texts.ts";
import { Field, problemsOf } from "./fields.tsx";
import { Jobs } from "./jobs.tsx";
import { PresetChoice, presetOf } from "./preset-choice.tsx";
import { TuningJobView } from "./tuning-job.tsx";

export function Tunings() {
  return (
    <Jobs<TuningJob>
      kind="tuning"
      load={async (signal) => (await data(api.get("/v1/tuning-jobs", { signal }))).items as TuningJob[]}
      form={(presets, _query, onStart) => <TuningForm presets={presets} onStart={onStart} />}
      view={(job) => <TuningJobView key={job.jobId} job={job} />}
      empty={{ title: t("training.noTuning"), hint: t("training.noTuningHint") }}
      columns={[[t("training.trialTable"), ({ trials }) => trials.length]]}
    />
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
