import { api, data } from "../../api/client.ts";
import type { PlaylistCheck, RecommendationRequest, Recommendations } from "../../api/schema.ts";
import { inCommon } from "../../parts/move.tsx";
import { type Loaded, useLoad } from "../../state/load.ts";
import { status } from "../../state/status.ts";
import { number, t } from "../../texts/texts.ts";
import { Copy } from "./copy.tsx";
import { Results } from "./results.tsx";
import { defaults, mostResults, type Options, pageSize, toRequest, type TryState } from "./state.ts";

interface Props {
  readonly state: TryState;
  readonly set: (change: Partial<TryState>) => void;
  readonly check: PlaylistCheck | undefined;
}

/** One list of recommendations, or two side by side with what moved. */
export function Comparison({ state, set, check }: Props) {
  const { options, other, listeners, limit } = state;
  const request = toRequest(state, options);
  const first = useRecommendations(request);
  const second = useRecommendations(other && toRequest(state, other));
  const names = new Map(check?.items.map(({ songId, title }) => [songId, title ?? songId]));
  const last = listeners.length - 1;
  const actions = {
    names,
    onDislike: (songId: string) => set({ dislikes: [...new Set([...state.dislikes, songId])] }),
    onExclude: (songId: string) => set({ exclude: [...new Set([...state.exclude, songId])] }),
    onAdd: (songId: string) =>
      set({ listeners: listeners.map((songs, i) => (i === last ? [...songs, songId] : songs)) }),
    onRemove: (songIds: readonly string[]) =>
      set({ listeners: listeners.map((songs) => songs.filter((id) => !songIds.includes(id))) }),
  };
  const isFull = (first.isLoading || (first.value?.items.length ?? 0) >= limit) && limit < mostResults;
  return (
    <div class="stack">
      <div class="row spread">
        <h2>{t("try.results")}</h2>
        <button
          class="button"
          type="button"
          title={t("try.compareHint")}
          onClick={() => set({ other: other ? null : options })}
        >
          {other ? t("try.compareOff") : t("try.compare")}
        </button>
      </div>
      {other ? (
        <>
          <p class="muted small">
            {JSON.stringify(options) === JSON.stringify(other)
              ? t("try.compareHint")
              : inCommon(first.value, second.value)}
          </p>
          <div class="columns">
            <section class="stack tight" aria-label={t("try.first")}>
              <ListTitle name={t("try.first")} options={options} />
              <Results {...actions} loaded={first} other={undefined} model={options.model} />
            </section>
            <section class="stack tight" aria-label={t("try.second")}>
              <ListTitle name={t("try.second")} options={other} />
              <Results {...actions} loaded={second} other={first.value} model={other.model} />
            </section>
          </div>
        </>
      ) : (
        <Results {...actions} loaded={first} other={undefined} model={options.model} />
      )}
      <div class="row spread">
        {isFull ? (
          <button
            class="button"
            type="button"
            onClick={() => set({ limit: Math.min(mostResults, limit + (limit < 50 ? pageSize : 50)) })}
          >
            {t("try.moreResults")}
          </button>
        ) : (
          <span />
        )}
        {request && first.value && <Copy request={request} result={first.value} />}
      </div>
    </div>
  );
}

/** The name of a list and the options that are not the defaults. */
function ListTitle({ name, options }: { name: string; options: Options }) {
  const changed = [
    options.strategy !== defaults.strategy && t(`try.strategy.${options.strategy}`),
    options.model !== null && t("model.version", { version: options.model }),
    options.repeats && t("try.repeats"),
    options.oneVersion && t("try.versions"),
    options.diversity !== 0 && `${t("try.diversity")} ${number(options.diversity)}`,
    options.popularity !== 0 && `${t("try.popularity")} ${number(options.popularity)}`,
    options.maxPerArtist !== null && `${t("try.maxPerArtist")} ${options.maxPerArtist}`,
    options.filter.length > 0 && t("try.filter"),
  ].filter((text) => text !== false);
  return (
    <h3>
      {name} <span class="small muted">{changed.length === 0 ? t("try.defaults") : changed.join(" · ")}</span>
    </h3>
  );
}

function useRecommendations(request: RecommendationRequest | null): Loaded<Recommendations> {
  return useLoad(
    request === null ? null : (signal) => data(api.post("/v1/recommendations", { body: request, signal })),
    [JSON.stringify(request), status.value?.model?.version],
  );
}
