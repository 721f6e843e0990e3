import { useState } from "preact/hooks";
import { api, data } from "../../api/client.ts";
import { SongSearch } from "../../parts/song-search.tsx";
import { Problem } from "../../parts/states.tsx";
import { useAction } from "../../state/action.ts";
import { t } from "../../texts/texts.ts";

interface Reference {
  readonly songId: string;
  readonly title?: string | undefined;
}

/** Adds a cold-start song. @param like a song that represents it, to begin with */
export function AddSong({ like, onAdded }: { like?: Reference; onAdded: (songId: string) => void }) {
  const [id, setId] = useState("");
  const [title, setTitle] = useState("");
  const [artist, setArtist] = useState("");
  const [chosen, setReferences] = useState<readonly Reference[]>();
  const references = chosen ?? (like === undefined ? [] : [like]);
  const { error, isBusy, run } = useAction();
  const isComplete = id.trim() !== "" && references.length > 0;

  const add = () =>
    run(async () => {
      const { songId } = await data(
        api.put("/v1/songs/{songId}/vector", {
          params: { path: { songId: id.trim() } },
          body: {
            like: references.map((song) => song.songId),
            ...(title.trim() !== "" && { title: title.trim() }),
            ...(artist.trim() !== "" && { artist: artist.trim() }),
          },
        }),
      );
      onAdded(songId);
    });

  return (
    <details class="panel">
      <summary>{t("song.add")}</summary>
      <form
        class="stack song-add"
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        <p class="hint">{t("song.addHint")}</p>
        <div class="columns">
          <Text label={t("song.addId")} value={id} set={setId} required />
          <Text label={t("song.addTitle")} value={title} set={setTitle} />
          <Text label={t("song.addArtist")} value={artist} set={setArtist} />
        </div>
        <SongSearch
          label={t("song.addLike")}
          onPick={(song) => setReferences([...references.filter(({ songId }) => songId !== song.songId), song])}
        />
        <ul class="row" aria-label={t("song.addChosen")}>
          {references.map((song) => (
            <li key={song.songId}>
              <button
                class="button pick"
                type="button"
                aria-label={`${t("remove")}: ${song.title ?? song.songId}`}
                onClick={() => setReferences(references.filter(({ songId }) => songId !== song.songId))}
              >
                <span dir="auto">{song.title ?? song.songId}</span> <span aria-hidden="true">×</span>
              </button>
            </li>
          ))}
        </ul>
        {error && <Problem error={error} />}
        <div class="row">
          <button class="button primary" disabled={!isComplete || isBusy}>
            {t("song.addDo")}
          </button>
          {!isComplete && <span class="hint">{t("song.addNeeds")}</span>}
        </div>
      </form>
    </details>
  );
}

function Text({
  label,
  value,
  set,
  required = false,
}: {
  label: string;
  value: string;
  set: (text: string) => void;
  required?: boolean;
}) {
  return (
    <label class="field">
      <span class="label">{label}</span>
      <input
        class="input"
        autocomplete="off"
        dir="auto"
        maxLength={1000}
        required={required}
        value={value}
        onInput={(event) => set(event.currentTarget.value)}
      />
    </label>
  );
}
