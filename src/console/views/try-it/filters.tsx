import { t } from "../../texts/texts.ts";
import type { Options } from "./state.ts";

/** Filters by catalogue columns: the values of a column that are required, or left out. */
export function Filters({ filter, set }: { filter: Options["filter"]; set: (filter: Options["filter"]) => void }) {
  const change = (i: number, column: string, values: string) =>
    set(filter.map((row, j) => (i === j ? ([column, values] as const) : row)));
  return (
    <fieldset class="field filters">
      <legend class="label">{t("try.filter")}</legend>
      <span class="hint">{t("try.filterHint")}</span>
      {filter.map(([key, values], i) => {
        const isWithout = key.startsWith("-");
        const column = key.replace(/^-/, "");
        return (
          <div key={i} class="filter">
            <select
              class="input"
              aria-label={t("try.filter")}
              onChange={(event) => change(i, event.currentTarget.value + column, values)}
            >
              <option value="" selected={!isWithout}>
                {t("try.filterOnly")}
              </option>
              <option value="-" selected={isWithout}>
                {t("try.filterNot")}
              </option>
            </select>
            <input
              class="input"
              aria-label={t("try.filterColumn")}
              placeholder={t("try.filterColumn")}
              list="filter-columns"
              value={column}
              onChange={(event) => change(i, (isWithout ? "-" : "") + event.currentTarget.value, values)}
            />
            <input
              class="input"
              aria-label={t("try.filterValues")}
              placeholder={t("try.filterValues")}
              value={values}
              onChange={(event) => change(i, key, event.currentTarget.value)}
            />
            <button
              class="button quiet icon"
              type="button"
              aria-label={t("remove")}
              onClick={() => set(filter.filter((_, j) => j !== i))}
            >
              ×
            </button>
          </div>
        );
      })}
      <datalist id="filter-columns">
        <option value="artist" />
        <option value="title" />
      </datalist>
      <div>
        <button class="button" type="button" onClick={() => set([...filter, ["artist", ""]])}>
          {t("add")}
        </button>
      </div>
    </fieldset>
  );
}
