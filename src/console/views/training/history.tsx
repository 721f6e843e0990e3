import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { linkTo } from "../../state/url.ts";
import { duration, t, time } from "../../texts/texts.ts";
import { StateBadge, tookSeconds } from "./job-head.tsx";
import type { AnyJob, Kind } from "./use-job.ts";

type Row = Pick<AnyJob, "jobId" | "state" | "createdAt" | "startedAt" | "endedAt">;

/** A column of the history. */
export type Column<J> = readonly [name: string, content: (job: J) => ComponentChildren];

interface Props<J extends Row> {
  readonly jobs: readonly J[];
  readonly kind: Kind;
  readonly selected: string | undefined;
  /** Columns that only this kind has. */
  readonly columns: readonly Column<J>[];
}

const shownAtFirst = 10;

/** The jobs, newest first. */
export function History<J extends Row>({ jobs, kind, selected, columns }: Props<J>) {
  const [isAll, setAll] = useState(false);
  const title = t("training.history");
  return (
    <section class="panel stack">
      <h2>{title}</h2>
      {jobs.length === 0 ? (
        <p class="hint">{t("training.noHistory")}</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label={title}>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t("training.startedAt")}</th>
                <th scope="col">{t("training.state")}</th>
                <th scope="col">{t("training.took")}</th>
                {columns.map(([name]) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {jobs.slice(0, isAll ? undefined : shownAtFirst).map((job) => {
                const seconds = tookSeconds(job);
                return (
                  <tr key={job.jobId}>
                    <td>
                      <a
                        href={linkTo("training", [
                          ["tab", kind],
                          ["job", job.jobId],
                        ])}
                        aria-current={job.jobId === selected ? "true" : undefined}
                      >
                        {time(job.createdAt)}
                      </a>
                    </td>
                    <td>
                      <StateBadge state={job.state} />
                    </td>
                    <td>{seconds === null ? "–" : duration(seconds)}</td>
                    {columns.map(([name, content]) => (
                      <td key={name}>{content(job)}</td>
                    ))}
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {!isAll && jobs.length > shownAtFirst && (
        <button class="button quiet" type="button" onClick={() => setAll(true)}>
          {t("training.showAll", { count: jobs.length })}
        </button>
      )}
    </section>
  );
}
