import type { Received } from "../../api/client.ts";
import type { ModelVersion, TrainingJob } from "../../api/schema.ts";
import { linkTo } from "../../state/url.ts";
import { t } from "../../texts/texts.ts";
import { trained } from "./trained.ts";

interface Props {
  readonly versions: readonly ModelVersion[];
  readonly selected: number;
  /** Jobs whose version was rejected, by version */
  readonly rejected: ReadonlyMap<number | null, Received<TrainingJob>>;
}

export function VersionList({ versions, selected, rejected }: Props) {
  return (
    <nav class="panel" aria-label={t("models.versions")}>
      <ul class="list">
        {versions.map((model) => (
          <li key={model.version}>
            <a
              class="version"
              href={linkTo("models", [["version", String(model.version)]])}
              aria-current={model.version === selected ? "true" : undefined}
            >
              <span class="row spread">
                <strong>{t("model.version", { version: model.version })}</strong>
                <State model={model} isRejected={rejected.has(model.version)} />
              </span>
              <span class="small muted">
                {trained(model.createdAt)}
                {model.songs !== null &&
                  ` · ${t("models.songs", { count: model.songs })} · ${t("song.plays", { count: model.plays ?? 0 })}`}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

export function State({ model, isRejected }: { model: ModelVersion; isRejected: boolean }) {
  if (model.problem !== null) return <span class="badge bad">{t("models.unusable")}</span>;
  if (model.active) return <span class="badge good">{t("models.active")}</span>;
  if (isRejected) return <span class="badge">{t("models.rejected")}</span>;
  return null;
}
