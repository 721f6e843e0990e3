import { api, data } from "../../api/client.ts";
import { Empty, Loading, Problem } from "../../parts/states.tsx";
import { useLoad } from "../../state/load.ts";
import { status } from "../../state/status.ts";
import { linkTo, useQuery } from "../../state/url.ts";
import { t } from "../../texts/texts.ts";
import type { TrainingJob } from "../../api/schema.ts";
import { History } from "./history.tsx";
import { StartForm } from "./start-form.tsx";
import { TrainingJobView } from "./training-job.tsx";
import { useJob } from "./use-job.ts";

/** Trainings: a form, the selected one or the newest, and all. */
export function Trainings() {
  const { query, setQuery } = useQuery("training");
  const selected = query.get("job") ?? undefined;
  const list = useLoad(
    (signal) => data(api.get("/v1/training-jobs", { signal })),
    [JSON.stringify(status.value?.trainingJobs), selected],
  );
  const jobs = list.value?.items;
  const jobId = selected ?? (jobs?.find(({ state }) => state === "running") ?? jobs?.[0])?.jobId;
  const { job, error, isBroken } = useJob<TrainingJob>("training", jobId);
  return (
    <div class={`with-side ${selected === undefined ? "" : "job-first"}`}>
      <StartForm
        query={query}
        onStart={(id) => {
          setQuery([["job", id]], true);
          scrollTo({ top: 0 });
        }}
      />
      <div class="stack">
        {isBroken && (
          <p class="notice" role="status">
            {t("training.reconnecting")}
          </p>
        )}
        {error && <Problem error={error} />}
        {job ? (
          <TrainingJobView key={job.jobId} job={job} />
        ) : (
          !error &&
          (jobs && jobId === undefined ? (
            <Empty title={t("training.noJob")}>
              <p>{t("training.noJobHint")}</p>
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
            kind="training"
            selected={jobId}
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
        )}
      </div>
    </div>
  );
}
