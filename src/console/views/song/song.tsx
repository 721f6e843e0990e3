import { useEffect, useRef } from "preact/hooks";
import { api, data } from "../../api/client.ts";
import { SongSearch } from "../../parts/song-search.tsx";
import { Empty } from "../../parts/states.tsx";
import { useLoad } from "../../state/load.ts";
import { status } from "../../state/status.ts";
import { useQuery } from "../../state/url.ts";
import { mayWrite } from "../../api/session.ts";
import { t } from "../../texts/texts.ts";
import { About } from "./about.tsx";
import { AddSong } from "./add-song.tsx";
import { Bridge } from "./bridge.tsx";
import { Nearest } from "./nearest.tsx";
import type { SongQuery } from "./song-query.ts";
import "./song.css";

/** One song: what it is, its nearest songs, and a bridge to another one. */
export function SongView() {
  const { query, setQuery } = useQuery("song");
  const state: SongQuery = Object.fromEntries(query);
  const show = (next: SongQuery, isStep = false) =>
    setQuery(
      Object.entries(next).filter(([, value]) => value !== ""),
      isStep,
    );
  const set = (change: SongQuery) => show({ ...state, ...change });
  const { id } = state;
  const song = useLoad(
    id === undefined
      ? null
      : (signal) => data(api.get("/v1/songs/{songId}", { params: { path: { songId: id } }, signal })),
    [id, status.value?.model?.version],
  );
  const isKnown = song.error?.problem.code !== "SONG_NOT_FOUND"; // or it may be, while it is loading
  const first = useRef(id);
  useEffect(() => {
    if (first.current !== id) window.scrollTo(0, 0); // another song is another page
    first.current = id;
  }, [id]);
  const open = (songId: string) => show({ ...state, id: songId, shown: "" }, true);

  if (id === undefined)
    return (
      <div class="stack">
        <h1>{t("nav.song")}</h1>
        <section class="panel stack song-find" aria-label={t("song.find")}>
          <SongSearch label={t("song.find")} onPick={({ songId }) => open(songId)} autofocus />
          <Empty title={t("song.findTitle")}>
            <p>{t("song.findHint")}</p>
          </Empty>
        </section>
        {mayWrite.value && <AddSong onAdded={open} />}
      </div>
    );
  return (
    <div class="with-side">
      <div class="stack">
        <SongSearch label={t("song.findOther")} onPick={({ songId }) => open(songId)} />
        <About id={id} loaded={song} onDeleted={() => show({}, true)} />
        {mayWrite.value && isKnown && <AddSong key={id} like={song.value} onAdded={open} />}
      </div>
      {isKnown && (
        <div class="stack">
          <Nearest id={id} state={state} set={set} />
          <Bridge id={id} state={state} set={set} />
        </div>
      )}
    </div>
  );
}
