import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { PlaylistCheck } from "../../api/schema.ts";
import { Bar, SongName } from "../../parts/song-row.tsx";
import { SongSearch } from "../../parts/song-search.tsx";
import { Problem } from "../../parts/states.tsx";
import { useAction } from "../../state/action.ts";
import { number, t } from "../../texts/texts.ts";
import { findSongs } from "./find-songs.ts";
import { readSongs } from "./read-songs.ts";

const mostShown = 50;

interface Props {
  readonly title: string;
  readonly songs: readonly string[];
  readonly check: PlaylistCheck | undefined;
  readonly set: (songs: readonly string[]) => void;
  readonly autofocus?: boolean;
  /** Removes the listener */
  readonly onRemove?: (() => void) | undefined;
}

/** The playlist of one listener: search, paste, open a file, remove. */
export function Playlist({ title, songs, check, set, autofocus = false, onRemove }: Props) {
  const [isWhole, setWhole] = useState(false);
  const latest = useRef<Pick<Props, "songs" | "set"> | null>(null);
  latest.current = { songs, set };
  useEffect(() => () => void (latest.current = null), []);
  /** Called when the search for pasted songs ends: the playlist may have changed, or be gone. */
  const addLater = (ids: readonly string[]) => latest.current?.set([...latest.current.songs, ...ids]);
  const known = new Map(check?.items.map((item) => [item.songId, item]));
  const unknown = new Set(check?.unknownSongs);
  const odd = new Set(check?.oddOnesOut);
  const shown = isWhole ? songs : songs.slice(0, mostShown);
  return (
    <section class="panel stack" aria-label={title}>
      <div class="row spread">
        <h2>{title}</h2>
        <span class="row">
          {songs.length > 0 && (
            <button class="button quiet" type="button" onClick={() => set([])}>
              {t("try.clear")}
            </button>
          )}
          {onRemove && (
            <button class="button quiet icon" type="button" aria-label={`${t("remove")}: ${title}`} onClick={onRemove}>
              ×
            </button>
          )}
        </span>
      </div>
      <SongSearch label={t("try.addSong")} autofocus={autofocus} onPick={({ songId }) => set([...songs, songId])} />
      {songs.length > 0 && (
        <ol class="list playlist">
          {shown.map((songId, i) => {
            const item = known.get(songId);
            return (
              <li key={`${songId} ${i}`} class="song">
                <span class="rank muted small number">{i + 1}</span>
                <SongName song={item ?? { songId }} link={item !== undefined} />
                <span class="row">
                  {item && item.fit !== null && known.size > 2 && (
                    <span class="fit">
                      <Bar share={item.fit} label={t("try.fit", { fit: number(item.fit, 2) })} />
                    </span>
                  )}
                  {unknown.has(songId) && <span class="badge">{t("song.unknown")}</span>}
                  {odd.has(songId) && (
                    <span class="badge bad" title={t("try.fit", { fit: number(item?.fit ?? 0, 2) })}>
                      {t("try.odd")}
                    </span>
                  )}
                  <button
                    class="button quiet icon"
                    type="button"
                    aria-label={`${t("remove")}: ${item?.title ?? songId}`}
                    onClick={() => set(songs.filter((_, j) => j !== i))}
                  >
                    ×
                  </button>
                </span>
              </li>
            );
          })}
        </ol>
      )}
      {songs.length > shown.length && (
        <button class="button" type="button" onClick={() => setWhole(true)}>
          {t("try.showAll", { count: songs.length })}
        </button>
      )}
      {(check ? known.size : songs.length) > 2 && (
        <div class="hint">
          <p>{t("try.fitHint")}</p>
          <p>{!check ? "\u00a0" : odd.size > 0 ? t("try.oddCount", { count: odd.size }) : t("try.oddNone")}</p>
        </div>
      )}
      <Paste onFound={addLater} />
    </section>
  );
}

function Paste({ onFound }: { onFound: (ids: string[]) => void }) {
  const [text, setText] = useState("");
  const { error, isBusy, run } = useAction();
  const id = useId();
  const add = (content: string) =>
    run(async () => {
      const ids = await findSongs(await readSongs(content));
      if (ids.length > 0) setText((now) => (now === content ? "" : now));
      onFound(ids);
    });
  return (
    <details>
      <summary>{t("try.paste")}</summary>
      <div class="stack tight">
        <label class="field">
          <span class="label">{t("try.pasteLabel")}</span>
          <textarea
            class="input"
            rows={4}
            value={text}
            aria-describedby={id}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <span class="hint" id={id}>
          {t("try.pasteHint")}
        </span>
        <div class="row">
          <button
            class="button primary"
            type="button"
            disabled={isBusy || text.trim() === ""}
            onClick={() => void add(text)}
          >
            {t("add")}
          </button>
          <label class="button">
            {t("try.file")}
            <input
              class="visually-hidden"
              type="file"
              accept=".csv,.tsv,.txt,.m3u,.m3u8,.json"
              disabled={isBusy}
              onChange={async (event) => {
                const field = event.currentTarget;
                const content = await field.files?.[0]?.text();
                field.value = "";
                if (content !== undefined) await add(content);
              }}
            />
          </label>
        </div>
        {error && <Problem error={error} />}
      </div>
    </details>
  );
}
