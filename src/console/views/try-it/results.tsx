import { useState } from "preact/hooks";
import type { Recommendations, RecommendedItem } from "../../api/schema.ts";
import type { Loaded } from "../../state/load.ts";
import { Move } from "../../parts/move.tsx";
import { Bar, SongRow } from "../../parts/song-row.tsx";
import { Empty, Loading, Problem } from "../../parts/states.tsx";
import { percent, t } from "../../texts/texts.ts";

interface Props {
  readonly loaded: Loaded<Recommendations>;
  /** Titles of the songs of the playlist, by id */
  readonly names: ReadonlyMap<string, string>;
  /** The other list, for what moved; undefined: there is none */
  readonly other: Recommendations | undefined;
  readonly onDislike: (songId: string) => void;
  readonly onExclude: (songId: string) => void;
  readonly onAdd: (songId: string) => void;
  /** Takes songs out of the playlist */
  readonly onRemove: (songIds: readonly string[]) => void;
  /** The model that is being loaded, if any */
  readonly model: number | null;
}

/** A list of recommended songs with their reasons. */
export function Results({ loaded: { value, error, isLoading, reload }, other, model, onRemove, ...rest }: Props) {
  if (error?.problem.status === 409 && error.retryAfter !== undefined)
    return (
      <div class="stack" role="status">
        <p class="notice">{t("try.loadingModel", { version: model ?? "" })}</p>
        <Loading lines={10} />
      </div>
    );
  if (error) return <Problem error={error} retry={reload} />;
  if (!value) return <Loading lines={10} />;
  const ranks = other && new Map(other.items.map(({ songId }, i) => [songId, i]));
  return (
    <div class="stack tight" aria-busy={isLoading}>
      {value.fallback === "popular" && <p class="notice">{t("try.fallback")}</p>}
      {value.unknownSongs.length > 0 && (
        <p class="small muted">
          {t("try.unknown", { count: value.unknownSongs.length, songs: shorten(value.unknownSongs) })}{" "}
          <button class="button quiet" type="button" onClick={() => onRemove(value.unknownSongs)}>
            {t("try.clearUnknown")}
          </button>
        </p>
      )}
      {value.items.length === 0 ? (
        <Empty title={t("try.noResults")} />
      ) : (
        <ol class="list">
          {value.items.map((item, i) => (
            <li key={item.songId}>
              <Result item={item} rank={i} before={ranks ? (ranks.get(item.songId) ?? null) : undefined} {...rest} />
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

function shorten(ids: readonly string[]): string {
  const shown = ids.slice(0, 5).join(", ");
  return ids.length > 5 ? `${shown} …` : shown;
}

type ResultProps = Pick<Props, "names" | "onDislike" | "onExclude" | "onAdd"> & {
  readonly item: RecommendedItem;
  readonly rank: number;
  /** Rank in the other list; null: not in it; undefined: there is no other list */
  readonly before: number | null | undefined;
};

function Result({ item, rank, before, names, onDislike, onExclude, onAdd }: ResultProps) {
  const [isOpen, setOpen] = useState(false);
  const title = item.title ?? item.songId;
  return (
    <>
      <SongRow song={item} rank={rank + 1}>
        {item.provisional && <span class="badge accent">{t("try.cold")}</span>}
        {item.playedAgo !== undefined && <span class="badge">{t("try.playedAgo", { count: item.playedAgo })}</span>}
        {before !== undefined && <Move from={before} to={rank} />}
        <button
          class="button quiet icon"
          type="button"
          aria-label={`${t("add")}: ${title}`}
          title={t("add")}
          onClick={() => onAdd(item.songId)}
        >
          +
        </button>
        <button
          class="button quiet"
          type="button"
          aria-expanded={isOpen}
          aria-label={t("try.whyLabel", { song: title })}
          onClick={() => setOpen(!isOpen)}
        >
          {t("try.why")}
        </button>
      </SongRow>
      {isOpen && (
        <div class="reasons stack tight">
          <Reasons item={item} names={names} />
          <div class="row">
            <button class="button" type="button" onClick={() => onDislike(item.songId)}>
              {t("try.dislike")}
            </button>
            <button class="button" type="button" onClick={() => onExclude(item.songId)}>
              {t("try.exclude")}
            </button>
          </div>
        </div>
      )}
    </>
  );
}

function Reasons({ item, names }: { item: RecommendedItem; names: ReadonlyMap<string, string> }) {
  const { because = [], groups = [] } = item;
  if (because.length === 0) return <p class="muted small">{t("try.noReasons")}</p>;
  return (
    <>
      <p class="small muted">{t("try.because")}</p>
      <ul class="stack tight">
        {because.map(({ songId, share, playlists, playedAgo }) => (
          <li key={songId} class="reason">
            <span class="title" dir="auto">
              {names.get(songId) ?? (songId === item.songId ? item.title : undefined) ?? songId}
            </span>
            <Bar share={share} />
            <span class="small muted number">
              {percent(share)}
              {" · "}
              {playedAgo === undefined
                ? t("try.inPlaylists", { count: playlists })
                : t("try.playedAgo", { count: playedAgo })}
            </span>
          </li>
        ))}
      </ul>
      {groups.length > 0 && (
        <>
          <p class="small muted">{t("try.listenerShares")}</p>
          <ul class="stack tight">
            {groups.map(({ group, share }) => (
              <li key={group} class="reason">
                <span class="title">{t("try.playlistOf", { listener: group + 1 })}</span>
                <Bar share={share} />
                <span class="small muted number">{percent(share)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
