import { useEffect, useRef, useState } from "preact/hooks";
import { api, data } from "../../api/client.ts";
import { Empty, Loading, Problem } from "../../parts/states.tsx";
import { useLoad } from "../../state/load.ts";
import { mayAdminister } from "../../api/session.ts";
import { status } from "../../state/status.ts";
import { linkTo, useQuery } from "../../state/url.ts";
import { t } from "../../texts/texts.ts";
import { Activate, previousOf } from "./activate.tsx";
import { Details } from "./details.tsx";
import { VersionList } from "./version-list.tsx";
import "./models.css";

/** The model versions: their quality, what changed between them, and which of them serves. */
export function Models() {
  const [done, setDone] = useState("");
  const notice = useRef<HTMLParagraphElement>(null);
  const { query, setQuery } = useQuery("models");
  const active = status.value?.model?.version;
  const models = useLoad(
    async (signal) => (await data(api.get("/v1/models", { signal }))).items.toReversed(),
    [active],
  );
  const jobs = useLoad(
    mayAdminister.value ? async (signal) => (await data(api.get("/v1/training-jobs", { signal }))).items : null,
    [active, mayAdminister.value],
  );
  useEffect(() => {
    if (done !== "") notice.current?.focus(); // the button may be gone
  }, [done]);
  const changed = (text: string) => {
    setDone(text);
    models.reload();
  };
  const activated = (version: number) => changed(t("models.activated", { version }));
  const versions = models.value;
  const selected =
    Number(query.get("version")) || versions?.find((model) => model.active)?.version || versions?.[0]?.version;
  const previous = versions && previousOf(versions);
  const rejected = new Map(
    (jobs.value ?? []).filter(({ state }) => state === "rejected").map((job) => [job.modelVersion, job]),
  );

  return (
    <div class="stack">
      <div class="row spread models-head">
        <h1>{t("nav.models")}</h1>
        {mayAdminister.value && previous && (
          <Activate model={previous} kind="rollBack" onDone={() => activated(previous.version)} />
        )}
      </div>
      {done !== "" && (
        <p class="notice" role="status" tabIndex={-1} ref={notice}>
          {done}
        </p>
      )}
      {models.error && <Problem error={models.error} retry={models.reload} />}
      {jobs.error && <Problem error={jobs.error} retry={jobs.reload} />}
      {!versions && !models.error && <Loading lines={3} />}
      {versions?.length === 0 && (
        <Empty title={t("models.none")}>
          <p>{t("models.noneHint")}</p>
          <a class="button" href={linkTo("training")}>
            {t("nav.training")}
          </a>
        </Empty>
      )}
      {versions && selected !== undefined && (
        <div class="with-side">
          <VersionList versions={versions} selected={selected} rejected={rejected} />
          <Details
            key={selected}
            version={selected}
            versions={versions}
            job={rejected.get(selected)}
            other={query.get("other")}
            setOther={(other) =>
              setQuery([["version", String(selected)], ...(other === "" ? [] : ([["other", other]] as const))])
            }
            onActivated={() => activated(selected)}
            onDeleted={() => {
              setQuery([]);
              changed(t("models.deleted", { version: selected }));
            }}
          />
        </div>
      )}
    </div>
  );
}
