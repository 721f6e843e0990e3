import { api, data } from "../../api/client.ts";
import type { TrainingJob } from "../../api/schema.ts";
import { linkTo } from "../../state/url.ts";
import { t } from "../../texts/texts.ts";
import { Jobs } from "./jobs.tsx";
import { StartForm } from "./start-form.tsx";
import { TrainingJobView } from "./training-job.tsx";

export function Trainings() {
  return (
    <Jobs<TrainingJob>
      kind="training"
      load={async (signal) => (await data(api.get("/v1/training-jobs", { signal }))).items as TrainingJob[]}
      form={(presets, query, onStart) => (
        <StartForm
          key={`${query.get("preset")} ${query.get("with")}`}
          presets={presets}
          query={query}
          onStart={onStart}
        />
      )}
      view={(job) => <TrainingJobView key={job.jobId} job={job} />}
      empty={{ title: t("training.noJob"), hint: t("training.noJobHint") }}
      columns={[
        [t("training.trigger"), ({ trigger }) => t(`training.trigger.${trigger}`)],
        [
          t("training.model"),
          ({ modelVersion: version }) =>
            version === null ? (
              "–"
            ) : (
              <a href={linkTo("models", [["version", String(version)]])}>{t("model.version", { version })}</a>
            ),
        ],
      ]}
    />
  );
}
