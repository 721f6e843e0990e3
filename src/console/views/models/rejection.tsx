import type { Received } from "../../api/client.ts";
import type { TrainingJob } from "../../api/schema.ts";
import { Bar } from "../../parts/song-row.tsx";
import { linkTo } from "../../state/url.ts";
import { number, t } from "../../texts/texts.ts";

/** Why the version of a job was not activated, with the figures of both versions. */
export function Rejection({ job: { jobId, error, gate } }: { job: Received<TrainingJob> }) {
  const figures =
    gate && gate.figure !== null && gate.activeFigure !== null
      ? ([
          [t("models.thisVersion"), gate.figure],
          [t("model.version", { version: gate.activeVersion }), gate.activeFigure],
        ] as const)
      : [];
  const most = Math.max(...figures.map(([, figure]) => figure), Number.EPSILON);
  return (
    <div class="notice">
      <strong>{t("models.rejectedTitle")}</strong>
      {error && <p>{error.message}</p>}
      {gate && figures.length > 0 && (
        <div class="stack tight">
          <p class="small">{t("models.gateWords", { count: gate.cases, version: gate.activeVersion })}</p>
          {figures.map(([name, figure]) => (
            <div key={name} class="gate small">
              <span>{name}</span>
              <Bar share={figure / most} />
              <span class="number">{number(figure, 4)}</span>
            </div>
          ))}
        </div>
      )}
      {gate && gate.songsLost > 0 && (
        <p class="small">{t("models.songsLost", { count: gate.songsLost, version: gate.activeVersion })}</p>
      )}
      <p class="small">
        {t("models.rejectedHint")} <a href={linkTo("training", [["job", jobId]])}>{t("models.itsTraining")}</a>
      </p>
    </div>
  );
}
