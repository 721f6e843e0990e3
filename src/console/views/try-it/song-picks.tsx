import { api, data } from "../../api/client.ts";
import { SongSearch } from "../../parts/song-search.tsx";
import { useLoad } from "../../state/load.ts";
import { t } from "../../texts/texts.ts";

/** Songs chosen by search that can be removed one by one: disliked or left out. */
export function SongPicks(props: {
  label: string;
  hint: string;
  ids: readonly string[];
  set: (ids: readonly string[]) => void;
}) {
  const { label, hint, ids, set } = props;
  const names = useLoad(
    ids.length === 0
      ? null
      : async (signal) => {
          const { items } = await data(api.post("/v1/playlists/check", { body: { songs: [...ids] }, signal }));
          return new Map(items.map(({ songId, title }) => [songId, title]));
        },
    [ids.join("\n")],
  ).value;
  return (
    <div class="stack tight">
      <SongSearch label={label} onPick={({ songId }) => set([...new Set([...ids, songId])])} />
      <span class="hint">{hint}</span>
      {ids.length > 0 && (
        <ul class="row" aria-label={label}>
          {ids.map((id) => {
            const name = names?.get(id) ?? id;
            return (
              <li key={id}>
                <button
                  class="button pick"
                  type="button"
                  aria-label={`${t("remove")}: ${name}`}
                  onClick={() => set(ids.filter((other) => other !== id))}
                >
                  <span dir="auto">{name}</span> ×
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}
