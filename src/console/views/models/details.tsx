import { api, data, type Received } from "../../api/client.ts";
import type { ModelDetails, ModelVersion, TrainingJob } from "../../api/schema.ts";
import { Curves } from "../../parts/curves.tsx";
import { Fact } from "../../parts/fact.tsx";
import { Loading, Problem } from "../../parts/states.tsx";
import { useLoad } from "../../state/load.ts";
import { mayAdminister } from "../../api/session.ts";
import { status } from "../../state/status.ts";
import { duration, number, percent, t } from "../../texts/texts.ts";
import { Activate, Delete, previousOf } from "./activate.tsx";
import { Changes } from "./changes.tsx";
import { Downloads } from "./downloads.tsx";
import { trained } from "./trained.ts";
import { Quality } from "./quality.tsx";
import { Rejection } from "./rejection.tsx";
import { Data, Settings } from "./settings.tsx";
import { State } from "./version-list.tsx";

interface Props {
  readonly version: number;
  readonly versions: readonly ModelVersion[];
  /** The job that trained it, if it was rejected */
  readonly job: Received<TrainingJob> | undefined;
  readonly other: string | null;
  readonly setOther: (other: string) => void;
  readonly onActivated: () => void;
  readonly onDeleted: () => void;
}

/** One version: what it is, how good, and what can be done with it. */
export function Details({ version, versions, job, other, setOther, onActivated, onDeleted }: Props) {
  const { value, error, reload } = useLoad(
    (signal) => data(api.get("/v1/models/{version}", { params: { path: { version: String(version) } }, signal })),
    [version, status.value?.model?.version],
  );
  if (error) return <Problem error={error} retry={reload} />;
  if (!value)
    return (
      <div class="panel">
        <Loading lines={8} />
      </div>
    );
  const isPrevious = previousOf(versions)?.version === version;
  const others = versions.filter((each) => each.version !== version && each.problem === null);
  return (
    <div class="stack">
      <section class="panel stack" aria-labelledby="version">
        <div class="row spread">
          <div class="row">
            <h2 id="version">{t("model.version", { version })}</h2>
            <State model={value} isRejected={job !== undefined} />
            {value.sample && <span class="badge">{t("model.sample")}</span>}
          </div>
          {mayAdminister.value && !value.active && (
            <div class="row">
              {value.problem === null && !isPrevious && <Activate model={value} kind="activate" onDone={onActivated} />}
              <Delete version={version} onDone={onDeleted} />
            </div>
          )}
        </div>
        {value.problem !== null && (
          <div class="notice bad">
            <strong>{t("models.unusableHint")}</strong>
            <p>{value.problem}</p>
          </div>
        )}
        {job && <Rejection job={job} />}
        <Facts model={value} />
      </section>
      {value.problem === null && (
        <>
          <Quality evaluation={value.evaluation} />
          {value.lossByEpoch.length > 0 && (
            <section class="panel stack" aria-labelledby="curves">
              <h2 id="curves">{t("models.curves")}</h2>
              <Curves
                epochs={value.lossByEpoch.map((loss, i) => ({
                  epoch: i + 1,
                  loss,
                  validation: value.validationByEpoch[i] ?? null,
                }))}
                total={value.lossByEpoch.length}
                hasValidation={value.validationByEpoch.length > 0}
              />
            </section>
          )}
          {mayAdminister.value && others.length > 0 && (
            <Changes version={version} others={others} other={other} setOther={setOther} />
          )}
          <Data data={value.data} hyperparameters={value.hyperparameters} />
          <Settings hyperparameters={value.hyperparameters} />
          {mayAdminister.value && <Downloads version={version} />}
        </>
      )}
    </div>
  );
}

function Facts({ model }: { model: Received<ModelDetails> }) {
  const { createdAt, songs, plays, vectorSize, seconds, bestEpoch, warmStart, index, trainedBy } = model;
  const count = (value: number | null) => (value === null ? null : number(value));
  const facts: readonly (readonly [string, string | null])[] = [
    [t("models.trained"), trained(createdAt)],
    [t("models.songCount"), count(songs)],
    [t("models.playCount"), count(plays)],
    [t("models.vectorSize"), count(vectorSize)],
    [t("models.duration"), seconds === null ? null : duration(seconds)],
    [t("models.bestEpoch"), count(bestEpoch)],
    [t("models.warmStart"), warmStart === null ? null : t("model.version", { version: warmStart })],
    [t("models.recall"), index === null ? null : percent(index.recallAt10, 1)],
    [t("models.trainedBy"), trainedBy],
  ];
  return (
    <dl class="facts">
      {facts.map(
        ([name, text]) =>
          text !== null && (
            <Fact key={name} name={name}>
              {text}
            </Fact>
          ),
      )}
    </dl>
  );
}
