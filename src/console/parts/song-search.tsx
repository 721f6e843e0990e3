import { useEffect, useId, useRef, useState } from "preact/hooks";
import { api, data } from "../api/client.ts";
import type { FoundSong } from "../api/schema.ts";
import { useLoad } from "../state/load.ts";
import { t } from "../texts/texts.ts";
import { SongName } from "./song-row.tsx";
import { Problem } from "./states.tsx";

const resultCount = 8;

/** A search field with results while one types, as an ARIA combobox: arrows choose, Enter picks. */
export function SongSearch({
  label,
  onPick,
  autofocus = false,
}: {
  label: string;
  onPick: (song: FoundSong) => void;
  autofocus?: boolean;
}) {
  const id = useId();
  const [text, setText] = useState("");
  const [index, setIndex] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const query = text.trim();
  const { value, error } = useLoad(
    query === ""
      ? null
      : async (signal) =>
          (await data(api.get("/v1/songs", { params: { query: { query, limit: resultCount } }, signal }))).items,
    [query],
  );
  const songs = query === "" ? [] : (value ?? []);
  useEffect(() => setIndex(0), [value]);
  const isShown = isOpen && query !== "" && value !== undefined;

  function pick(song: FoundSong | undefined): void {
    if (!song) return;
    setText("");
    onPick(song);
    field.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.isComposing) return; // Enter ends the composition of Hangul or kana
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move !== undefined && songs.length > 0) {
      setIndex((index + move + songs.length) % songs.length);
      setOpen(true);
    } else if (event.key === "Enter" && isShown) pick(songs[index]);
    else if (event.key === "Escape") setOpen(false);
    else return;
    event.preventDefault();
  }

  return (
    <div class="search">
      <label class="field">
        <span class="label">{label}</span>
        <input
          ref={field}
          class="input"
          type="text"
          enterkeyhint="search"
          role="combobox"
          aria-expanded={isShown}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={isShown && songs.length > 0 ? `${id}-${index}` : undefined}
          autocomplete="off"
          autofocus={autofocus}
          placeholder={t("search.placeholder")}
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setOpen(true);
          }}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
        />
      </label>
      {error && <Problem error={error} />}
      <ul class="search-results" id={`${id}-list`} role="listbox" aria-label={label} hidden={!isShown}>
        {songs.map((song, i) => (
          <li
            key={song.songId}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === index}
            onMouseMove={() => setIndex(i)}
            onMouseDown={(event) => {
              event.preventDefault(); // keeps the focus
              pick(song);
            }}
          >
            <div class="song">
              <SongName song={song} link={false} />
              <span class="small muted number">{t("song.plays", { count: song.count })}</span>
            </div>
          </li>
        ))}
        {songs.length === 0 && (
          <li role="option" aria-selected="false" aria-disabled="true" class="muted">
            {t("search.none", { query })}
          </li>
        )}
      </ul>
    </div>
  );
}
