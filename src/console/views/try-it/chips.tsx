import { t } from "../../texts/texts.ts";

/** Songs that can be removed one by one: disliked or left out. */
export function Chips({ label, ids, set }: { label: string; ids: readonly string[]; set: (ids: string[]) => void }) {
  if (ids.length === 0) return null;
  return (
    <section class="panel stack tight" aria-label={label}>
      <h2>{label}</h2>
      <ul class="row">
        {ids.map((id) => (
          <li key={id}>
            <button
              class="button"
              type="button"
              aria-label={`${t("remove")}: ${id}`}
              onClick={() => set(ids.filter((other) => other !== id))}
            >
              {id} ×
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
