import type { ComponentChildren } from "preact";
import type { IngestReport } from "../api/schema.ts";
import { Fact } from "./fact.tsx";
import { duration, number, percent, t } from "../texts/texts.ts";

interface Limits {
  readonly minPlaylistLength: number;
  readonly minCount: number;
}

/** What a training read, and why it left out what it did not use. */
export function ReadReport({ report, limits }: { report: IngestReport; limits: Limits }) {
  const { files, rows, stored, listening, catalogue, dropped, playlists, songs, plays, seconds } = report;
  const droppedRows = dropped.reduce((sum, { count }) => sum + count, 0);
  const leavesOut = playlists.leftOut + songs.belowMinCount + songs.beyondMaxVocabulary > 0;
  return (
    <section class="stack">
      <h3>{t("report.title")}</h3>
      <dl class="facts">
        <Fact name={t("report.rows")}>
          {number(rows)} <span class="small muted">{duration(seconds)}</span>
        </Fact>
        {stored > 0 && <Fact name={t("report.stored")}>{number(stored)}</Fact>}
        <Fact name={t("report.playlists")}>{t("report.kept", { count: playlists.kept })}</Fact>
        <Fact name={t("report.songs")}>{t("report.kept", { count: songs.kept })}</Fact>
        <Fact name={t("report.plays")}>{t("report.kept", { count: plays.kept })}</Fact>
      </dl>
      {files.length > 0 && (
        <p class="small muted">
          {t("report.files")}: <span dir="auto">{files.join(", ")}</span>
        </p>
      )}
      {listening && <p class="small">{t("report.listening", listening)}</p>}
      {catalogue && <p class="small">{t("report.catalogue", { described: catalogue.described, songs: songs.kept })}</p>}
      {droppedRows === 0 ? (
        <p>{t("report.nothingDropped")}</p>
      ) : (
        <>
          <h4>
            {t("report.dropped", { count: droppedRows, rows, share: percent(droppedRows / Math.max(1, rows), 2) })}
          </h4>
          <ul class="list">
            {dropped.map((entry) => (
              <Dropped key={`${entry.reason} ${entry.detail}`} {...entry} />
            ))}
          </ul>
        </>
      )}
      {leavesOut && (
        <>
          <h4>{t("report.leftOut")}</h4>
          <ul class="list">
            {playlists.leftOut > 0 && (
              <Reason title={t("report.short", { count: playlists.leftOut })}>
                {t("report.short.why", { min: limits.minPlaylistLength })}
                {playlists.short > 0 && ` ${t("report.short.used", { count: playlists.short })}`}
              </Reason>
            )}
            {songs.belowMinCount > 0 && (
              <Reason title={t("report.rare", { count: songs.belowMinCount })}>
                {t("report.rare.why", { min: limits.minCount, plays: plays.belowMinCount })}
              </Reason>
            )}
            {songs.beyondMaxVocabulary > 0 && (
              <Reason title={t("report.beyond", { count: songs.beyondMaxVocabulary })}>
                {t("report.beyond.why", { plays: plays.beyondMaxVocabulary })}
              </Reason>
            )}
          </ul>
        </>
      )}
    </section>
  );
}

function Dropped({ reason, detail, count, lines }: IngestReport["dropped"][number]) {
  const places = lines.map(({ file, line }) => t("report.line", { file, line })).join(" · ");
  const more = count - lines.length;
  return (
    <Reason title={`${t("report.rowCount", { count })}: ${t(`report.${reason}`)}${detail ? ` (${detail})` : ""}`}>
      {t(`report.${reason}.why`)}
      <span class="report-lines" dir="auto">
        {t("report.lines")}: {places}
        {more > 0 && ` ${t("report.andMore", { count: more })}`}
      </span>
    </Reason>
  );
}

function Reason({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <li class="report-reason">
      <strong>{title}</strong>
      <p class="small muted">{children}</p>
    </li>
  );
}
