import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import { api, data } from "../../api/client.ts";
import type { Presets } from "../../api/schema.ts";
import { Empty, Loading, Problem } from "../../parts/states.tsx";
import { type Loaded, useLoad } from "../../state/load.ts";
import { status } from "../../state/status.ts";
import { useQuery } from "../../state/url.ts";
import { t } from "../../texts/texts.ts";
import { type Column, History } from "./history.tsx";
import { type AnyJob, type Kind, useJob } from "./use-job.ts";

interface Props<J extends AnyJob> {
  readonly kind: Kind;
  /** Loads the jobs, newest first. */
  readonly load: (signal: AbortSignal) => Promise<readonly J[]>;
  /** Starts a job. */
  readonly form: (presets: Presets, query: URLSearchParams, onStart: (jobId: string) => void) => VNode;
  readonly view: (job: J) => VNode;
  /** What is shown before the first job. */
  readonly empty: { readonly title: string; readonly hint: string };
  readonly columns: readonly Column<J>[];
}

/** Jobs of one kind: a form, the selected one or the newest, and all. */
export function Jobs<J extends AnyJob>({ kind, load, form, view, empty, columns }: Props<J>) {
  const { query, setQuery } = useQuery("training");
  const selected = query.get("job") ?? undefined;
  const presets = useLoad((signal) => data(api.get("/v1/presets", { signal })), []);
  const [revision, setRevision] = useState("");
  const list = useLoad(load, [revision, selected, JSON.stringify(status.value?.trainingJobs)]);
  const jobs = list.value;
  const jobId = selected ?? (jobs?.find(({ state }) => state === "running") ?? jobs?.[0])?.jobId;
  const { job, error, isBroken } = useJob<J>(kind, jobId);
  const onStart = (id: string) => {
    const tab: [string, string][] = kind === "tuning" ? [["tab", kind]] : [];
    setQuery([...tab, ["job", id]], true);
    scrollTo({ top: 0 });
  };
  const now = job ? `${job.jobId} ${job.state}` : revision; // a job that starts or ends changes the list
  if (now !== revision) setRevision(now);
  const hadJob = useRef(false); // the history comes after the first job, which would move it
  hadJob.current ||= job !== undefined || error !== undefined || isBroken;
  if (!presets.value && !presets.error) return <Loading />;
  return (
    <div class={`with-side ${selected === undefined ? "" : "job-first"}`}>
      {presets.value ? form(presets.value, query, onStart) : <Failed loaded={presets} />}
      <div class="stack">
        {isBroken && (
          <p class="notice" role="status">
            {t("training.reconnecting")}
          </p>
        )}
        {error && <Problem error={error} />}
        {job ? view(job) : !error && <NoJob isLoading={!jobs || jobId !== undefined} {...empty} />}
        <Failed loaded={list} />
        {jobs && jobs.length > 0 && hadJob.current && (
          <History
            jobs={jobs.map((each) => (each.jobId === job?.jobId ? job : each))}
            kind={kind}
            selected={jobId}
            columns={columns}
          />
        )}
      </div>
    </div>
  );
}

function Failed({ loaded: { error, reload } }: { loaded: Loaded<unknown> }) {
  return error ? <Problem error={error} retry={reload} /> : null;
}

function NoJob({ isLoading, title, hint }: { isLoading: boolean; title: string; hint: string }) {
  if (!isLoading)
    return (
      <Empty title={title}>
        <p>{hint}</p>
      </Empty>
    );
  return (
    <div class="panel">
      <Loading />
    </div>
  );
}
