import { useState } from "preact/hooks";
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
  /** The back button undoes a change of songs, not of options. */
  const set = (change: Partial<TryState>) =>
    setQuery(writeState({ ...state, ...change }), "listeners" in change || "dislikes" in change || "exclude" in change);
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
  const [isSecondChosen, setSecond] = useState(true); // a comparison begins with the options of the second list
  const isSecond = other !== null && isSecondChosen;
  const current = isSecond ? other : options;
  const setCurrent = (next: Options) => set(isSecond ? { other: next } : { options: next });

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
            <summary>{t("try.options")}</summary>
            <div class="stack">
              {other && (
                <div class="tabs" role="group" aria-label={t("try.optionsWhich")}>
                  {([false, true] as const).map((second) => (
                    <button
                      key={String(second)}
                      class={`button ${second === isSecond ? "chosen" : ""}`}
                      type="button"
                      aria-pressed={second === isSecond}
                      onClick={() => setSecond(second)}
                    >
                      {t("try.optionsOf", { list: t(second ? "try.second" : "try.first") })}
                    </button>
                  ))}
                </div>
              )}
              <OptionsForm
                key={String(isSecond)}
                options={current}
                set={(change) => setCurrent({ ...current, ...change })}
                models={models ?? []}
                isGroup={isGroup}
              />
              <div>
                <button class="button" type="button" onClick={() => setCurrent(defaults)}>
                  {t("try.reset")}
                </button>
              </div>
            </div>
          </details>
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
