import { t } from "../texts/texts.ts";

/** How a song moved between two lists. @param from rank in the other list; null: it is not in it */
export function Move({ from, to }: { from: number | null; to: number }) {
  if (from === null)
    return (
      <span class="badge good" title={t("try.onlyHereHint")}>
        {t("try.onlyHere")}
      </span>
    );
  const by = from - to;
  if (by === 0)
    return (
      <span class="badge" aria-label={t("try.movedSame")} title={t("try.movedSame")}>
        =
      </span>
    );
  const text = by > 0 ? t("try.movedUp", { count: by }) : t("try.movedDown", { count: -by });
  return (
    <span class="badge number" aria-label={text} title={text}>
      {by > 0 ? `↑ ${by}` : `↓ ${-by}`}
    </span>
  );
}

interface List {
  readonly items: readonly { readonly songId: string }[];
}

/** How many songs two lists have in common, in words; a blank while one is loading. */
export function inCommon(first: List | undefined, second: List | undefined): string {
  if (!first || !second) return "\u00a0";
  const ids = new Set(first.items.map(({ songId }) => songId));
  const common = second.items.filter(({ songId }) => ids.has(songId)).length;
  return t("try.inCommon", { common, all: second.items.length });
}
