import type { Key, Text, Texts } from "./en.ts";

let texts: Texts;
export let language = "en";
let plural: Intl.PluralRules;
let whole: Intl.NumberFormat;
let date: Intl.DateTimeFormat;

/** Loads the texts in the language of the browser. */
export async function loadTexts(): Promise<void> {
  language = navigator.language.toLowerCase().startsWith("ko") ? "ko" : "en";
  texts = language === "ko" ? (await import("./ko.ts")).ko : (await import("./en.ts")).en;
  document.documentElement.lang = language;
  plural = new Intl.PluralRules(language);
  whole = new Intl.NumberFormat(language);
  date = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
}

export type Values = Readonly<Record<string, string | number>>;

/** The text of a key with its values. `count` chooses between `one` and `other`. */
export function t(key: Key, values: Values = {}): string {
  return fill(texts[key], values);
}

/** The text of a key that is made at run time, as of an error code; undefined if there is none. */
export function findText(key: string, values: Values = {}): string | undefined {
  return Object.hasOwn(texts, key) ? fill(texts[key as Key], values) : undefined;
}

function fill(text: Text, values: Values): string {
  const form =
    typeof text === "string" ? text : plural.select(Number(values["count"])) === "one" ? text.one : text.other;
  return form.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? "";
    return typeof value === "number" ? number(value) : value;
  });
}

export function number(value: number, digits = 0): string {
  return digits === 0 && Number.isInteger(value)
    ? whole.format(value)
    : new Intl.NumberFormat(language, { maximumFractionDigits: digits || 3 }).format(value);
}

/** @param share 0 to 1 */
export function percent(share: number, digits = 0): string {
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: digits }).format(share);
}

/** A duration in the largest fitting units: `2 h 5 min`, `12 s`. */
export function duration(seconds: number): string {
  const rounded = Math.round(seconds);
  const parts = [
    Math.floor(rounded / 86_400),
    Math.floor(rounded / 3600) % 24,
    Math.floor(rounded / 60) % 60,
    rounded % 60,
  ];
  const units = ["day", "hour", "minute", "second"] as const;
  const first = Math.max(
    0,
    parts.findIndex((part) => part > 0),
  );
  const shown = rounded === 0 ? [3] : [first, first + 1].filter((i) => (parts[i] ?? 0) > 0);
  return shown
    .map((i) =>
      new Intl.NumberFormat(language, { style: "unit", unit: units[i] ?? "second", unitDisplay: "short" }).format(
        parts[i] ?? 0,
      ),
    )
    .join(" ");
}

export function time(iso: string): string {
  return date.format(new Date(iso));
}
