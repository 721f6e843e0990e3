import { mayAdminister, role } from "../../api/session.ts";
import { Meter, progressWords } from "../../parts/progress.tsx";
import { Empty } from "../../parts/states.tsx";
import { status } from "../../state/status.ts";
import { linkTo, useQuery } from "../../state/url.ts";
import { t } from "../../texts/texts.ts";
import { Trainings } from "./trainings.tsx";
import "./training.css";
import { Tunings } from "./tunings.tsx";

const tabs = ["training", "tuning"] as const;

/** Starts and follows trainings and tunings. */
export function Training() {
  const { query } = useQuery("training");
  const tab = query.get("tab") === "tuning" ? "tuning" : "training";
  if (!status.value) return <h1>{t("training.title")}</h1>;
  return (
    <div class="stack">
      <div class="row spread">
        <h1>{t("training.title")}</h1>
        {mayAdminister.value && (
          <nav class="tabs" aria-label={t("training.tabs")}>
            {tabs.map((name) => (
              <a
                key={name}
                class={`button ${name === tab ? "" : "quiet"}`}
                href={linkTo("training", name === "training" ? [] : [["tab", name]])}
                aria-current={name === tab ? "page" : undefined}
              >
                {t(`training.tab.${name}`)}
              </a>
            ))}
          </nav>
        )}
      </div>
      {!mayAdminister.value ? <Reader /> : tab === "tuning" ? <Tunings /> : <Trainings />}
    </div>
  );
}

/** What a key that may not train sees: the state of the service. */
function Reader() {
  const running = status.value?.training;
  return (
    <>
      {running && (
        <section class="panel stack tight">
          <h2>{t("status.running")}</h2>
          <Meter label={t("training.progress")} progress={running} />
          <p class="small number">{progressWords(running)}</p>
        </section>
      )}
      <Empty title={t("training.adminOnly")}>
        <p>{t("training.adminOnlyHint", { role: role.value })}</p>
        <a href={linkTo("status")}>{t("training.useOtherKey")}</a>
      </Empty>
    </>
  );
}
