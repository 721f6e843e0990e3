import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { settings } from "../src/config.ts";

const rows = readFileSync(new URL("../README.md", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .map((line) => line.split("|").map((cell) => cell.trim()));

/** What the table says in place of a value. */
const inWords: Record<string, string> = {
  PLAYLISTS: "the sample",
  WORKERS: "processors − 1",
  RATE_LIMIT: "any number",
};

it.each(settings)("$env stands in the README with its default", ({ env, fallback }) => {
  const row = rows.find(([, names = ""]) => names.includes(`\`${env}\``));
  const index = row?.[1]?.split(", ").indexOf(`\`${env}\``) ?? -1;
  const defaults = row?.[2]?.split(", ") ?? [];
  const isNone = fallback === undefined || Array.isArray(fallback);
  expect(defaults[Math.min(index, defaults.length - 1)]).toBe(inWords[env] ?? (isNone ? "none" : String(fallback)));
});
