import type { Hyperparameters, IngestReport, ModelDetails } from "../../api/schema.ts";
import { ReadReport } from "../../parts/ingest-report.tsx";
import { number, t } from "../../texts/texts.ts";

/** The hyperparameters of a version. */
export function Settings({ hyperparameters }: Pick<ModelDetails, "hyperparameters">) {
  if (!hyperparameters) return null;
  return (
    <details class="panel">
      <summary>{t("models.hyperparameters")}</summary>
      <Values values={hyperparameters} />
    </details>
  );
}

/** What the training of a version read, and what it left out. */
export function Data({ data, hyperparameters }: Pick<ModelDetails, "data" | "hyperparameters">) {
  const report = data as IngestReport | null;
  if (!report) return null;
  const { minPlaylistLength, minCount } = { ...hyperparameters } as Partial<Hyperparameters>;
  return (
    <details class="panel">
      <summary>{t("models.data")}</summary>
      <ReadReport report={report} limits={{ minPlaylistLength: minPlaylistLength ?? 4, minCount: minCount ?? 3 }} />
    </details>
  );
}

/** Names and values; objects become names with dots. */
function Values({ values }: { values: Readonly<Record<string, unknown>> }) {
  return (
    <dl class="values small">
      {flatten(values).map(([name, value]) => (
        <div key={name}>
          <dt>
            <code>{name}</code>
          </dt>
          <dd class="number" dir="auto">
            {typeof value === "number" ? number(value, 6) : String(value)}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function flatten(values: Readonly<Record<string, unknown>>, prefix = ""): [string, unknown][] {
  return Object.entries(values).flatMap(([name, value]): [string, unknown][] => {
    const isObject = typeof value === "object" && value !== null;
    if (Array.isArray(value) && value.every((each) => typeof each !== "object"))
      return value.length === 0 ? [] : [[prefix + name, value.join(", ")]];
    return isObject ? flatten({ ...value }, `${prefix}${name}.`) : [[prefix + name, value]];
  });
}
