import { api, data } from "../../api/client.ts";
import { useLoad } from "../../state/load.ts";
import { status } from "../../state/status.ts";
import { useQuery } from "../../state/url.ts";
import { t } from "../../texts/texts.ts";
import { Comparison } from "./comparison.tsx";
import { FirstSteps } from "./first-steps.tsx";
import { OptionsForm } from "./options-form.tsx";
import { Playlist } from "./playlist.tsx";
import { SongPicks } from "./song-picks.tsx";
import { defaults, type Options, readState, type TryState, writeState } from "./state.ts";
import "./try-it.css";

/** Builds a playlist, and shows what the service recommends for it, live. */
export function TryIt() {
  const { query, setQuery } = useQuery("tryIt");
  const state = readState(query);
  const { listeners, options, other } = state;
  const set = (change: Partial<TryState>) => setQuery(writeState({ ...state, ...change }));
  const model = status.value?.model ?? null;
  const songs = [...new Set(listeners.flat())];
  const check = useLoad(
    model === null || songs.length === 0
      ? null
      : (signal) => data(api.post("/v1/playlists/check", { body: { songs }, signal })),
    [songs.join("\n"), model?.version],
  ).value;
  const models = useLoad(
    async (signal) => (await data(api.get("/v1/models", { signal }))).items,
    [model?.version],
  ).value;
  const isWide = window.matchMedia("(min-width: 52rem)").matches;
  const isGroup = listeners.length > 1;
  const isReady = model !== null && songs.length > 0;
  const setSongs = (i: number, next: readonly string[]) =>
    set({ listeners: listeners.map((each, j) => (i === j ? next : each)) });
  const form = (current: Options, change: (next: Options) => Partial<TryState>) => (
    <OptionsForm
      options={current}
      set={(some) => set(change({ ...current, ...some }))}
      models={models ?? []}
      isGroup={isGroup}
    />
  );

  return (
    <div class="stack">
      <h1>{t("try.title")}</h1>
      {model?.sample && (
        <p class="notice">
          <span>
            {t("try.sample")} {t("try.sampleHint")}
          </span>
        </p>
      )}
      <div class="try">
        <div class="stack">
          {listeners.map((each, i) => (
            <Playlist
              key={i}
              title={isGroup ? t("try.playlistOf", { listener: i + 1 }) : t("try.playlist")}
              songs={each}
              check={check}
              set={(next) => setSongs(i, next)}
              autofocus={i === 0}
              onRemove={isGroup ? () => set({ listeners: listeners.filter((_, j) => j !== i) }) : undefined}
            />
          ))}
          {isReady && listeners.length < 10 && (
            <button class="button" type="button" onClick={() => set({ listeners: [...listeners, []] })}>
              {t("try.addListener")}
            </button>
          )}
        </div>
        <section class="panel results" aria-label={t("try.results")}>
          {isReady ? (
            <Comparison state={state} set={set} check={check} />
          ) : (
            <FirstSteps onExample={(example) => setSongs(0, example)} />
          )}
        </section>
        <div class="stack try-options">
          <details class="panel" open={isWide}>
            <summary>{other ? t("try.optionsOf", { list: t("try.first") }) : t("try.options")}</summary>
            <div class="stack">
              {form(options, (next) => ({ options: next }))}
              <div>
                <button class="button" type="button" onClick={() => set({ options: defaults })}>
                  {t("try.reset")}
                </button>
              </div>
            </div>
          </details>
          {other && (
            <details class="panel" open={isWide}>
              <summary>{t("try.optionsOf", { list: t("try.second") })}</summary>
              {form(other, (next) => ({ other: next }))}
            </details>
          )}
          <details class="panel" open={state.dislikes.length + state.exclude.length > 0}>
            <summary>{t("try.unwanted")}</summary>
            <div class="stack">
              <SongPicks
                label={t("try.disliked")}
                hint={t("try.dislikedHint")}
                ids={state.dislikes}
                set={(dislikes) => set({ dislikes })}
              />
              <SongPicks
                label={t("try.excluded")}
                hint={t("try.excludedHint")}
                ids={state.exclude}
                set={(exclude) => set({ exclude })}
              />
            </div>
          </details>
        </div>
      </div>
    </div>
  );
}
