import { api, data } from "../../api/client.ts";
import type { SimilarSongs } from "../../api/schema.ts";
import { inCommon, Move } from "../../parts/move.tsx";
import { Bar, SongRow } from "../../parts/song-row.tsx";
import { Empty, Loading, Problem } from "../../parts/states.tsx";
import { type Loaded, useLoad } from "../../state/load.ts";
import { mayAdminister } from "../../api/session.ts";
import { status } from "../../state/status.ts";
import { t } from "../../texts/texts.ts";
import type { SongQuery } from "./song-query.ts";

const pageSize = 10;
const mostShown = 1000;

interface Props {
  readonly id: string;
  readonly state: SongQuery;
  readonly set: (change: SongQuery) => void;
}

/** The nearest songs of a song, in one model version or in two side by side. */
export function Nearest({ id, state, set }: Props) {
  const shown = Math.min(mostShown, Number(state.shown) || pageSize);
  const { version = "", other = "" } = state;
  const active = status.value?.model?.version;
  const first = useSimilar(id, version, shown, state.one !== undefined);
  const second = useSimilar(other === "" ? null : id, other, shown, state.one !== undefined);
  const models = useLoad(
    mayAdminister.value ? async (signal) => (await data(api.get("/v1/models", { signal }))).items : null,
    [active, mayAdminister.value],
  ).value;
  const versions = (models ?? [])
    .filter(({ problem }) => problem === null)
    .map((model) => model.version)
    .toReversed();
  const others = versions.filter((each) => String(each) !== (version || String(active)));
  const mayHaveMore = ({ value, isLoading }: Loaded<SimilarSongs>) => isLoading || (value?.items.length ?? 0) >= shown;
  const hasMore = [first, second].some(mayHaveMore) && shown < mostShown;
  const isComparison = other !== "";
  return (
    <section class="panel stack" aria-labelledby="nearest">
      <div class="row spread">
        <h2 id="nearest">{t("song.nearest")}</h2>
        <div class="row">
          <label class="check small">
            <input
              type="checkbox"
              checked={state.one !== undefined}
              onChange={(event) => set({ one: event.currentTarget.checked ? "1" : "" })}
            />
            {t("try.versions")}
          </label>
          {mayAdminister.value && !isComparison && models && others.length === 0 && (
            <span class="small muted">{t("song.onlyVersion")}</span>
          )}
          {mayAdminister.value && !isComparison && (!models || others.length > 0) && (
            <button class="button" type="button" disabled={!models} onClick={() => set({ other: String(others[0]) })}>
              {t("song.compare")}
            </button>
          )}
          {isComparison && (
            <button class="button" type="button" onClick={() => set({ other: "" })}>
              {t("try.compareOff")}
            </button>
          )}
        </div>
      </div>
      <p class="hint">{t("song.nearestHint")}</p>
      {isComparison && <p class="small">{inCommon(first.value, second.value)}</p>}
      <div class="columns">
        <div class="stack tight">
          {(isComparison || version !== "") && (
            <Version chosen={version} versions={versions} set={(next) => set({ version: next })} active={active} />
          )}
          <List loaded={first} other={isComparison ? second.value : undefined} version={version} shown={shown} />
        </div>
        {isComparison && (
          <div class="stack tight">
            <Version chosen={other} versions={versions} set={(next) => set({ other: next })} active={undefined} />
            <List loaded={second} other={first.value} version={other} shown={shown} isSecond />
          </div>
        )}
      </div>
      {hasMore && (
        <div class="row">
          <button
            class="button"
            type="button"
            onClick={() => set({ shown: String(Math.min(mostShown, shown + (shown < 50 ? pageSize : 50))) })}
          >
            {t("try.moreResults")}
          </button>
        </div>
      )}
    </section>
  );
}

function useSimilar(id: string | null, version: string, limit: number, isOne: boolean): Loaded<SimilarSongs> {
  const modelVersion = Number(version);
  const query = { limit, ...(isOne && { versions: "one" as const }), ...(modelVersion > 0 && { modelVersion }) };
  return useLoad(
    id === null
      ? null
      : (signal) => data(api.get("/v1/songs/{songId}/similar", { params: { path: { songId: id }, query }, signal })),
    [id, JSON.stringify(query), status.value?.model?.version],
  );
}

interface VersionProps {
  readonly chosen: string;
  readonly versions: readonly number[];
  readonly set: (version: string) => void;
  /** The active version, which needs no number; undefined: the list always names its version */
  readonly active: number | undefined;
}

function Version({ chosen, versions, set, active }: VersionProps) {
  const all = chosen === "" || versions.includes(Number(chosen)) ? versions : [Number(chosen), ...versions];
  return (
    <label class="field">
      <span class="label">{t("try.model")}</span>
      <select class="input" value={chosen} onChange={(event) => set(event.currentTarget.value)}>
        {active !== undefined && <option value="">{t("try.modelActive", { version: active })}</option>}
        {all
          .filter((version) => version !== active)
          .map((version) => (
            <option key={version} value={String(version)}>
              {t("model.version", { version })}
            </option>
          ))}
      </select>
    </label>
  );
}

interface ListProps {
  readonly loaded: Loaded<SimilarSongs>;
  /** The list beside it */
  readonly other: SimilarSongs | undefined;
  readonly version: string;
  readonly shown: number;
  /** The second list says for every song how it moved, the first one only what it alone has. */
  readonly isSecond?: boolean;
}

function List({ loaded: { value, error, isLoading, reload }, other, version, shown, isSecond = false }: ListProps) {
  if (error?.problem.code === "MODEL_LOADING")
    return (
      <div class="stack" role="status">
        <p class="notice">{t("try.loadingModel", { version })}</p>
        <Loading lines={shown} />
      </div>
    );
  if (error) return <Problem error={error} retry={reload} />;
  if (!value) return <Loading lines={shown} />;
  if (value.items.length === 0) return <Empty title={t("song.noNearest")} />;
  const ranks = other && new Map(other.items.map(({ songId }, i) => [songId, i]));
  return (
    <ol class="list" aria-busy={isLoading}>
      {value.items.map((item, i) => {
        const before = ranks?.get(item.songId) ?? null;
        return (
          <li key={item.songId}>
            <SongRow song={item} rank={i + 1}>
              {item.provisional && <span class="badge accent">{t("try.cold")}</span>}
              {ranks && isSecond && <Move from={before} to={i} />}
              {ranks && !isSecond && before === null && <span class="badge">{t("song.gone")}</span>}
              <Cosine value={item.score} />
            </SongRow>
          </li>
        );
      })}
    </ol>
  );
}

/** A cosine as a bar and a figure. */
export function Cosine({ value }: { value: number }) {
  return (
    <span class="cosine">
      <Bar share={value} />
      <span class="small muted number">{value.toFixed(2)}</span>
    </span>
  );
}
