import type { CodeBlock } from "./blocks.ts";

/** Scores are floats that another processor may round differently. */
const tolerance = 1e-3;
const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
/** Stands for any text, and as a field or the last item for any others. */
const anything = "…";

/**
 * Where an output differs from the one that a page shows.
 * @returns nothing where it does not
 */
export function differences(shown: CodeBlock, output: string): string[] {
  if (shown.language === "text" && shown.exact) return compareJson(shown.code.trim(), output.trim(), []);
  if (shown.language === "text") return compareText(shown.code, output);
  if (shown.language === "json") return compareJson(JSON.parse(shown.code), JSON.parse(output), shown.changing);
  const lines = (text: string) =>
    text
      .split("\n")
      .filter(Boolean)
      .map((line): unknown => JSON.parse(line));
  return compareJson(lines(shown.code), lines(output), shown.changing);
}

function compareJson(shown: unknown, found: unknown, changing: readonly string[], path = "$"): string[] {
  if (shown === anything) return [];
  if (Array.isArray(shown) && Array.isArray(found)) {
    const isOpen = shown.at(-1) === anything;
    const items = isOpen ? shown.slice(0, -1) : shown;
    if (isOpen ? found.length < items.length : found.length !== items.length)
      return [`${path}: ${found.length} items instead of ${items.length}`];
    return items.flatMap((item, i) => compareJson(item, found[i], changing, `${path}[${i}]`));
  }
  if (isObject(shown) && isObject(found)) {
    const { [anything]: open, ...fields } = shown;
    const extra = open === undefined ? Object.keys(found).filter((name) => !(name in fields)) : [];
    return [
      ...extra.map((name) => `${path}.${name}: not shown`),
      ...Object.entries(fields).flatMap(([name, value]) =>
        changing.includes(name) && typeof value === typeof found[name]
          ? []
          : compareJson(value, found[name], changing, `${path}.${name}`),
      ),
    ];
  }
  return isSameValue(shown, found) ? [] : [`${path}: ${JSON.stringify(found)} instead of ${JSON.stringify(shown)}`];
}

function isSameValue(shown: unknown, found: unknown): boolean {
  if (typeof shown === "number" && typeof found === "number")
    return Number.isInteger(shown) && Number.isInteger(found) ? shown === found : Math.abs(shown - found) <= tolerance;
  if (typeof shown === "string" && typeof found === "string")
    return shown === found || [date, uuid].some((kind) => kind.test(shown) && kind.test(found));
  return shown === found;
}

/** Words exactly, numbers by kind; a line of `…` stands for any lines. */
function compareText(shown: string, output: string): string[] {
  const normalize = (text: string) =>
    text
      .trim()
      .replaceAll(/[-+]?\d[\d.,]*/g, "#")
      .replaceAll(/\s+/g, " ");
  const found = output.split("\n").map(normalize);
  let at = 0;
  let isOpen = false;
  for (const line of shown.split("\n").map(normalize)) {
    if (line === anything) {
      isOpen = true;
      continue;
    }
    const next = isOpen ? found.indexOf(line, at) : at;
    if (next < 0 || found[next] !== line) return [`"${line}" instead of ${JSON.stringify(found.slice(at, at + 3))}`];
    at = next + 1;
    isOpen = false;
  }
  return [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
