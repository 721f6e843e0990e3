import { api, data, type Received } from "../../api/client.ts";
import type { ComparedSong, ModelComparison, ModelVersion } from "../../api/schema.ts";
import { SongName } from "../../parts/song-row.tsx";
import { Loading, Problem } from "../../parts/states.tsx";
import { useLoad } from "../../state/load.ts";
import { number, t } from "../../texts/texts.ts";
import { methodName } from "./quality.tsx";

interface Props {
  readonly version: number;
  readonly others: readonly ModelVersion[];
  readonly other: string | null;
  readonly setOther: (other: string) => void;
}

/** What changed from another version to this one. */
export function Changes({ version, others, other, setOther }: Props) {
  const { value, error, reload } = useLoad(
    other === null
      ? null
      : (signal) =>
          data(
            api.get("/v1/models/{version}/compare/{other}", {
              params: { path: { version: Number(other), other: version }, query: { limit: 10 } },
              signal,
            }),
          ),
    [version, other],
  );
  return (
    <section class="panel stack" aria-labelledby="changes">
      <h2 id="changes">{t("models.changes")}</h2>
      <label class="field model-other">
        <span class="label">{t("models.changesSince")}</span>
        <select class="input" value={other ?? ""} onChange={(event) => setOther(event.currentTarget.value)}>
          <option value="">{t("models.changesNone")}</option>
          {others.map((model) => (
            <option key={model.version} value={String(model.version)}>
              {t("model.version", { version: model.version })}
              {model.active && ` (${t("models.active")})`}
            </option>
          ))}
        </select>
      </label>
      {error && <Problem error={error} retry={reload} />}
      {other !== null && !value && !error && (
        <div role="status">
          <p class="hint">{t("models.comparing")}</p>
          <Loading lines={8} />
        </div>
      )}
      {value && !error && <Differences comparison={value} />}
    </section>
  );
}

function Differences({ comparison: { a, b, songs, neighbours } }: { comparison: Received<ModelComparison> }) {
  const kept = neighbours.meanOverlap;
  return (
    <>
      <Figures a={a} b={b} />
      <div class="stack tight">
        <h3>{t("models.vocabulary")}</h3>
        <p>{t("models.vocabularyWords", { both: songs.both, gained: songs.gained, lost: songs.lost })}</p>
        <div class="columns">
          <Songs title={t("models.gained")} songs={songs.mostPlayedGained} />
          <Songs title={t("models.lost")} songs={songs.mostPlayedLost} />
        </div>
      </div>
      <div class="stack tight">
        <h3>{t("models.neighbours")}</h3>
        {kept !== null && (
          <p>
            {t("models.neighboursWords", {
              count: neighbours.songs,
              kept: number(kept * neighbours.at, 1),
              at: neighbours.at,
            })}
          </p>
        )}
        {neighbours.biggestMovers.length > 0 && <p class="hint">{t("models.moversHint")}</p>}
        {neighbours.biggestMovers.map((mover) => (
          <details key={mover.songId} class="mover">
            <summary>
              <span dir="auto">{mover.title ?? mover.songId}</span>{" "}
              <span class="muted">
                {t("models.kept", { kept: Math.round(mover.overlap * neighbours.at), at: neighbours.at })}
              </span>
            </summary>
            <div class="columns">
              <Songs title={t("model.version", { version: a.version })} songs={mover.before} />
              <Songs title={t("model.version", { version: b.version })} songs={mover.after} />
            </div>
          </details>
        ))}
      </div>
    </>
  );
}

function Songs({ title, songs }: { title: string; songs: readonly ComparedSong[] }) {
  if (songs.length === 0) return null;
  return (
    <div>
      <p class="small muted">{title}</p>
      <ol class="list">
        {songs.map((song) => (
          <li key={song.songId} class="song">
            <span />
            <SongName song={song} />
          </li>
        ))}
      </ol>
    </div>
  );
}

function Figures({ a, b }: Pick<Received<ModelComparison>, "a" | "b">) {
  const ndcg = (model: Received<ModelComparison>["a"], method: string) =>
    model.evaluation?.methods.find((each) => each.method === method)?.ndcg10 ?? null;
  const methods = new Set([a, b].flatMap(({ evaluation }) => evaluation?.methods.map(({ method }) => method) ?? []));
  const next = (model: Received<ModelComparison>["a"]) => model.evaluation?.nextSong?.exclude;
  const rows: readonly (readonly [string, number | null, number | null])[] = [
    [t("models.songCount"), a.songs, b.songs],
    [t("models.playCount"), a.plays, b.plays],
    ...[...methods].map((method) => [`NDCG@10, ${methodName(method)}`, ndcg(a, method), ndcg(b, method)] as const),
    [`P@20, ${t("models.nextSong")}`, next(a)?.precision20 ?? null, next(b)?.precision20 ?? null],
    [`MRR@20, ${t("models.nextSong")}`, next(a)?.meanReciprocalRank20 ?? null, next(b)?.meanReciprocalRank20 ?? null],
    [t("models.loss"), a.loss, b.loss],
  ];
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("models.figure")}>
      <table class="table figures">
        <thead>
          <tr>
            <th scope="col">{t("models.figure")}</th>
            {[a, b].map(({ version }) => (
              <th key={version} scope="col" class="number">
                {t("model.version", { version })}
              </th>
            ))}
            <th scope="col" class="number">
              {t("models.difference")}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(
            ([name, before, after]) =>
              (before !== null || after !== null) && (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td class="number">{before === null ? "–" : number(before, 4)}</td>
                  <td class="number">{after === null ? "–" : number(after, 4)}</td>
                  <td class="number">{before === null || after === null ? "–" : signed(after - before)}</td>
                </tr>
              ),
          )}
        </tbody>
      </table>
    </div>
  );
}

function signed(value: number): string {
  const rounded = Math.round(value * 1e4) / 1e4;
  return `${rounded > 0 ? "+" : ""}${number(rounded, 4)}`;
}
