import { api } from "../../api/client.ts";
import type { Song } from "../../api/schema.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Fact } from "../../parts/fact.tsx";
import { Bar } from "../../parts/song-row.tsx";
import { Loading, Problem } from "../../parts/states.tsx";
import type { Loaded } from "../../state/load.ts";
import { mayWrite } from "../../api/session.ts";
import { linkTo } from "../../state/url.ts";
import { number, t } from "../../texts/texts.ts";

/** What a song is, and how popular. */
export function About({ id, loaded, onDeleted }: { id: string; loaded: Loaded<Song>; onDeleted: () => void }) {
  const { value, error, reload } = loaded;
  return (
    <section class="panel stack song-about" aria-busy={value === undefined && !error}>
      <div class="stack tight">
        <div>
          <h1 dir="auto">{value?.title ?? id}</h1>
          {(value ? value.artist : !error) && (
            <p class="muted" dir="auto">
              {value?.artist ?? "\u00a0"}
            </p>
          )}
        </div>
        {(value || !error) && (
          <div class="row">
            <a class="button primary" href={linkTo("tryIt", [["song", value?.songId ?? id]])}>
              {t("song.use")}
            </a>
            {value?.provisional && mayWrite.value && (
              <Confirm
                label={t("remove")}
                title={t("song.deleteTitle", { song: value.title ?? value.songId })}
                look="danger"
                act={async () => {
                  await api.delete("/v1/songs/{songId}/vector", { params: { path: { songId: value.songId } } });
                }}
                onDone={onDeleted}
              >
                <p>{t("song.deleteHint")}</p>
              </Confirm>
            )}
          </div>
        )}
      </div>
      {error && <Problem error={error} retry={reload} />}
      {value ? <Facts song={value} /> : !error && <Loading lines={2} />}
    </section>
  );
}

function Facts({ song }: { song: Song }) {
  const words = t("song.percentileWords", { percent: number(song.popularityPercentile, 1) });
  return (
    <>
      {song.provisional && (
        <p class="notice">
          <strong>{t("song.cold")}</strong> {t("song.coldHint")}
        </p>
      )}
      <dl class="facts">
        <Fact name={t("song.id")}>{song.songId}</Fact>
        <Fact name={t("song.playCount")}>{number(song.count)}</Fact>
        {Object.entries(song.columns ?? {}).map(([column, text]) => (
          <Fact key={column} name={column}>
            {text}
          </Fact>
        ))}
      </dl>
      {!song.provisional && (
        <div class="stack tight song-popularity">
          <span class="small muted">{t("song.popularity")}</span>
          <Bar share={song.popularityPercentile / 100} />
          <span class="small">{words}</span>
        </div>
      )}
    </>
  );
}
