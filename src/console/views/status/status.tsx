import { accessChanged, apiKey, role, useKey } from "../../api/session.ts";
import type { Status } from "../../api/schema.ts";
import { base } from "../../api/client.ts";
import { Fact } from "../../parts/fact.tsx";
import { Loading, Problem } from "../../parts/states.tsx";
import { status, statusError, watchStatus } from "../../state/status.ts";
import { linkTo } from "../../state/url.ts";
import { duration, number, t, time } from "../../texts/texts.ts";
import "./status.css";

/** State of the service, and the key. */
export function StatusView() {
  const now = status.value;
  const error = statusError.value;
  return (
    <div class="stack">
      <h1>{t("status.title")}</h1>
      {error && error.problem.code !== "UNREACHABLE" && <Problem error={error} retry={() => void watchStatus()} />}
      {now ? <State now={now} /> : !error && <Loading />}
    </div>
  );
}

function State({ now }: { now: Status }) {
  const { model, memoryMB, responses, trainingJobs } = now;
  const jobs = Object.entries(trainingJobs).filter(([, count]) => count > 0);
  return (
    <>
      <section class="panel stack">
        <dl class="facts">
          <Fact name={t("training.state")}>
            <span class={`badge ${now.state === "ready" ? "good" : "accent"}`}>{t(`status.state.${now.state}`)}</span>
          </Fact>
          <Fact name={t("status.up")}>{duration(now.upSeconds)}</Fact>
          <Fact name={t("status.memory")}>{t("status.memoryOf", memoryMB)}</Fact>
          <Fact name={t("status.version")}>{now.version}</Fact>
        </dl>
      </section>
      <div class="status-columns">
        <section class="panel stack">
          <h2>{t("status.model")}</h2>
          {model ? (
            <dl class="facts">
              <Fact name={t("training.model")}>
                <a href={linkTo("models", [["version", String(model.version)]])}>
                  {t("model.version", { version: model.version })}
                </a>{" "}
                {model.sample && <span class="badge">{t("model.sample")}</span>}
              </Fact>
              <Fact name={t("status.trained")}>
                <span title={time(model.createdAt)}>{t("status.ago", { time: duration(model.ageSeconds) })}</span>
              </Fact>
              <Fact name={t("status.songs")}>{number(model.songs)}</Fact>
              <Fact name={t("status.dimensions")}>{number(model.vectorSize)}</Fact>
            </dl>
          ) : (
            <p class="hint">{t("status.noModel")}</p>
          )}
        </section>
        <section class="panel stack">
          <h2>{t("status.jobs")}</h2>
          {jobs.length === 0 ? (
            <p class="hint">{t("status.noJobs")}</p>
          ) : (
            <dl class="facts">
              {jobs.map(([state, count]) => (
                <Fact key={state} name={t(`training.state.${state as "queued"}`)}>
                  {number(count)}
                </Fact>
              ))}
            </dl>
          )}
          <p>
            <a href={linkTo("training")}>{t("nav.training")}</a>
          </p>
        </section>
        <section class="panel stack">
          <h2>{t("status.responses")}</h2>
          <table class="table">
            <tbody>
              {(["2xx", "3xx", "4xx", "5xx"] as const).map((name) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>{t(`status.class.${name}`)}</td>
                  <td class="number">{number(responses[name] ?? 0)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
        <Key />
      </div>
      <section class="panel stack tight">
        <h2>{t("status.more")}</h2>
        <p class="row">
          <a href={new URL("docs/", base).href} target="_blank" rel="noreferrer">
            {t("status.docs")}
          </a>
          <a href={new URL("openapi.json", base).href} target="_blank" rel="noreferrer">
            {t("status.openapi")}
          </a>
        </p>
        <p class="hint">{t("status.metrics")}</p>
      </section>
    </>
  );
}

function Key() {
  const hasKey = apiKey.value !== "";
  return (
    <section class="panel stack">
      <h2>{t("status.access")}</h2>
      <dl class="facts">
        <Fact name={t("status.role")}>{t(`status.role.${role.value}`)}</Fact>
      </dl>
      <p class="hint">{t(hasKey ? "status.hasKey" : "status.noKey")}</p>
      {hasKey && (
        <div class="row">
          <button
            class="button"
            type="button"
            onClick={() => {
              useKey("");
              accessChanged("needed");
            }}
          >
            {t("status.forget")}
          </button>
        </div>
      )}
    </section>
  );
}
