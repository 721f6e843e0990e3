import { api, data } from "../../api/client.ts";
import { SongRow } from "../../parts/song-row.tsx";
import { SongSearch } from "../../parts/song-search.tsx";
import { Loading, Problem } from "../../parts/states.tsx";
import { useLoad } from "../../state/load.ts";
import { status } from "../../state/status.ts";
import { number, t } from "../../texts/texts.ts";
import { Cosine } from "./nearest.tsx";
import type { SongQuery } from "./song-query.ts";

interface Props {
  readonly id: string;
  readonly state: SongQuery;
  readonly set: (change: SongQuery) => void;
}

/** A path of songs from this song to another one. */
export function Bridge({ id, state: { to, steps = "5" }, set }: Props) {
  const length = Math.min(20, Math.max(1, Math.floor(Number(steps)) || 5));
  const { value, error, isLoading, reload } = useLoad(
    to === undefined
      ? null
      : (signal) =>
          data(
            api.get("/v1/songs/{songId}/path/{otherId}", {
              params: { path: { songId: id, otherId: to }, query: { length } },
              signal,
            }),
          ),
    [id, to, length, status.value?.model?.version],
  );
  return (
    <section class="panel stack" aria-labelledby="bridge">
      <h2 id="bridge">{t("song.bridge")}</h2>
      <p class="hint">{t("song.bridgeHint")}</p>
      <div class="bridge-form">
        <SongSearch label={t("song.bridgeTo")} onPick={({ songId }) => set({ to: songId })} />
        <label class="field">
          <span class="label">{t("song.bridgeLength", { count: length })}</span>
          <input
            type="range"
            min={1}
            max={20}
            value={length}
            onChange={(event) => set({ steps: event.currentTarget.value })}
          />
        </label>
      </div>
      {error && <Problem error={error} retry={reload} />}
      {to !== undefined && !value && !error && <Loading lines={length + 2} />}
      {value && !error && (
        <div class="stack tight" aria-busy={isLoading}>
          <p class="small">
            {t("song.bridgeWords", { direct: number(value.direct, 2), weakest: number(value.weakest, 2) })}
          </p>
          <ol class="list">
            {value.items.map((song, i) => (
              <li key={song.songId}>
                <SongRow song={song} rank={i + 1}>
                  {song.cosine !== null && <Cosine value={song.cosine} />}
                </SongRow>
              </li>
            ))}
          </ol>
          <div class="row">
            <button class="button quiet" type="button" onClick={() => set({ to: "", steps: "" })}>
              {t("song.bridgeEnd")}
            </button>
          </div>
        </div>
      )}
    </section>
  );
}
