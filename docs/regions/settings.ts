import { settings } from "../../src/config.ts";
import { code, markdownTable, plain, sentence } from "./table.ts";

/** Defaults that depend on the machine, or that a value does not explain. */
const defaultTexts: Readonly<Record<string, string>> = {
  WORKERS: "processors − 1",
  PLAYLISTS: "synthetic sample",
  RATE_LIMIT: "no limit",
  LOG_FORMAT: "`pretty` in a terminal, else `json`",
};

export function settingsTable(): string {
  return markdownTable(
    ["Environment variable", "Option", "Default", "Description"],
    settings.map(({ env, flag, value, fallback, description }) => [
      code(env),
      value === null ? "none" : code(`${flag} ${value}`),
      defaultTexts[env] ?? describeDefault(fallback),
      plain(sentence(description)),
    ]),
  );
}

function describeDefault(fallback: unknown): string {
  return fallback === undefined || Array.isArray(fallback) ? "none" : code(String(fallback));
}
