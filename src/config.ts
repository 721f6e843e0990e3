import { availableParallelism } from "node:os";
import { isIP } from "node:net";
import { Cron } from "croner";
import { z } from "zod";
import { songIdKinds } from "./corpus/song-ids.ts";
import { createError } from "./errors.ts";
import { indexSettings } from "./model/format/index-setting.ts";
import { overridesSchema, presetNames } from "./word2vec/hyperparameters.ts";

interface Setting {
  /** The placeholder in the help; null for no option, since other users of the machine can read command lines. */
  readonly value: string | null;
  readonly fallback: unknown;
  readonly description: string;
}

const table = z.registry<Setting>();

function setting<S extends z.ZodType>(value: string | null, fallback: unknown, description: string, schema: S): S {
  const own = schema.clone();
  table.add(own, { value, fallback, description });
  return own;
}

const text = z.string().min(1);
const wholeNumber = z.coerce.number().int();
const list = z
  .union([z.string().transform((listed) => listed.split(",")), z.array(z.string())])
  .transform((texts) => texts.map((each) => each.trim()).filter((each) => each !== ""));
/** Segments of a path. A prefix of the own paths would be ambiguous where the proxy strips it. */
const basePath = z
  .string()
  .regex(/^\/*(?:[\w.~-]+\/)*[\w.~-]*\/?$/, "must be a path, as /music: letters, digits and - . _ ~")
  .refine((path) => !/(?:^|\/)\.\.?(?:\/|$)/.test(path), "must have no segment . or ..")
  .refine((path) => !/^\/*(?:v1|docs|health|metrics|openapi\.json)(?:\/|$)/.test(path), "must not be an own path")
  .transform((path) =>
    path
      .split("/")
      .filter(Boolean)
      .map((segment) => `/${segment}`)
      .join(""),
  );
const network = z
  .union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], "expected an address or a network, as 10.0.0.0/8")
  .refine((each) => !each.endsWith("/0"), "must not be every address");

const origin = z
  .string()
  .refine((each) => each === "*" || isOrigin(each), "expected an origin, as https://shop.example, or *")
  .transform((each) => (each === "*" ? each : new URL(each).href.replace(/\/$/, "")));

const schema = z.object({
  host: setting(
    "<address>",
    "127.0.0.1",
    "address to listen on",
    text
      .transform((host) => host.trim().replace(/^\[(.*)\]$/, "$1"))
      .refine((host) => isIP(host) > 0 || /^[\w-]+(?:\.[\w-]+)*\.?$/.test(host), "expected an address or a host name"),
  ),
  port: setting("<number>", 3000, "port to listen on; 0 is any free port", wholeNumber.min(0).max(65_535)),
  basePath: setting(
    "<path>",
    undefined,
    "path prefix of the service behind a reverse proxy, as /music",
    basePath.optional(),
  ),
  playlists: setting(
    "<paths...>",
    [],
    "CSV or JSON Lines files (.csv, .tsv, .jsonl, with or without .gz) or directories of them, separated by commas in " +
      "the environment; default: the synthetic sample",
    list,
  ),
  catalogue: setting(
    "<path>",
    undefined,
    "CSV file with titles, artists and further columns of the songs",
    text.optional(),
  ),
  playlistColumn: setting("<name>", "Category", "column of the playlist id", text),
  songColumn: setting("<name>", "master_number", "column of the song id, in the playlists and the catalogue", text),
  songIds: setting(
    "<kind>",
    "numbers",
    "numbers: 0012 and 12.0 are song 12; text: ids are used as they are",
    z.enum(songIdKinds),
  ),
  userColumn: setting(
    "<name>",
    undefined,
    "column of the user in a listening log, which is cut into sessions; requires TIME_COLUMN",
    text.optional(),
  ),
  timeColumn: setting(
    "<name>",
    undefined,
    "column of the time in a listening log: ISO 8601, or seconds or milliseconds since 1970",
    text.optional(),
  ),
  timeZone: setting(
    "<zone>",
    "UTC",
    "zone of times without one, as Asia/Seoul",
    z.string().refine(isTimeZone, "expected a zone as Asia/Seoul"),
  ),
  sessionGap: setting(
    "<minutes>",
    30,
    "longest pause within a session of a listening log",
    z.coerce.number().positive().max(1_000_000),
  ),
  header: setting(
    "<true|false>",
    true,
    "false (--no-header): the playlists have no header, and columns are numbers from 1",
    z.union([z.boolean(), z.enum(["true", "false"]).transform((value) => value === "true")], "expected true or false"),
  ),
  encoding: setting(
    "<label>",
    undefined,
    "encoding of the files, as euc-kr or shift_jis; default: UTF-8, or UTF-16 with a byte order mark",
    z
      .string()
      .refine(
        isEncoding,
        "expected a label of the WHATWG encoding standard, such as euc-kr (CP949), shift_jis (CP932), gb18030 (CP936) or windows-1252",
      )
      .optional(),
  ),
  compilationArtists: setting(
    "<names...>",
    [],
    "further names in the artist column that are no artists, as Various Artists is; separated by commas in the environment",
    list,
  ),
  dataDir: setting(
    "<folder>",
    "./data",
    "directory of model versions, stored playlists and jobs; used by one server at a time",
    text,
  ),
  preset: setting("<name>", "tuned", "default hyperparameters: article or tuned", z.enum(presetNames)),
  hyperparameters: setting(
    "<json>",
    undefined,
    'hyperparameters that replace those of PRESET, as {"epochs": 10}; the last line of song2vec tune',
    z.unknown().transform(parseJson).pipe(overridesSchema.optional()),
  ),
  keepVectors: setting(
    "<kind>",
    "exact",
    "exact: keep float32 and int8 vectors; bytes: int8 vectors only, a quarter of the memory",
    z.enum(["exact", "bytes"]),
  ),
  index: setting(
    "<kind>",
    "auto",
    "search for similar songs: hnsw uses an HNSW index, scan none; auto uses one for large models if its recall@10 is at least 95 %",
    z.enum(indexSettings),
  ),
  workers: setting(
    "<number>",
    Math.max(1, availableParallelism() - 1),
    "training threads",
    wholeNumber.min(1).max(256),
  ),
  keepModels: setting(
    "<number>",
    5,
    "model versions to keep, including the active one",
    wholeNumber.min(2).max(10_000),
  ),
  mostSongsLost: setting(
    "<share>",
    0.5,
    "largest share of the songs of the active version that a new version may lack, 0 to 1",
    z.coerce.number().min(0).max(1),
  ),
  retrainCron: setting(
    "<pattern>",
    undefined,
    'cron schedule of retrains: "minute hour day month weekday"',
    z.string().refine(isCron, "must be a cron pattern").optional(),
  ),
  retrainAfter: setting(
    "<number>",
    undefined,
    "number of changed stored playlists that starts a retrain",
    z
      .string()
      .regex(/^\d+( playlists)?$/, "must be a number of playlists")
      .transform((count) => Number.parseInt(count, 10))
      .pipe(z.int().min(1))
      .optional(),
  ),
  trainingDeadline: setting(
    "<seconds>",
    86_400,
    "seconds after which a training job fails",
    z.coerce.number().positive().max(2_000_000),
  ),
  logLevel: setting(
    "<level>",
    "info",
    "fatal, error, warn, info, debug, trace or silent",
    z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]),
  ),
  logFormat: setting(
    "<format>",
    undefined,
    "pretty or json; by default pretty where standard output is a terminal",
    z.enum(["pretty", "json"]).optional(),
  ),
  apiKeys: setting(null, [], "API keys as role:key, separated by commas; roles: reader, writer, admin", list),
  apiKeysFile: setting("<path>", undefined, "file with one role:key per line", text.optional()),
  corsOrigins: setting(
    "<origins...>",
    [],
    "origins of web pages that may send requests (CORS); * is any",
    list.pipe(z.array(origin)),
  ),
  trustedProxies: setting(
    "<networks...>",
    [],
    "addresses or networks (CIDR) of reverse proxies whose X-Forwarded-For header is trusted",
    list.pipe(z.array(network)),
  ),
  rateLimit: setting(
    "<number>",
    undefined,
    "requests per minute and API key, or address without keys; default: unlimited",
    wholeNumber.min(1).optional(),
  ),
  requestSeconds: setting(
    "<number>",
    10,
    "seconds that a client may take to send the headers, and the body",
    z.coerce.number().min(0.1).max(3600),
  ),
  drainSeconds: setting(
    "<number>",
    2,
    "seconds between failing /health/ready and stopping, after SIGTERM",
    z.coerce.number().min(0).max(6),
  ),
});

const checkedSchema = schema.superRefine(({ userColumn, timeColumn }, { addIssue }) => {
  if (userColumn === undefined && timeColumn !== undefined)
    addIssue({ code: "custom", path: ["timeColumn"], message: "a listening log requires USER_COLUMN too" });
  if (userColumn !== undefined && timeColumn === undefined)
    addIssue({ code: "custom", path: ["userColumn"], message: "a listening log requires TIME_COLUMN too" });
});

export type SettingName = keyof typeof schema.shape;
export type Config = Readonly<z.output<typeof schema>>;

/** All settings with their environment variables and options: `dataDir` is DATA_DIR and --data-dir. */
export const settings = schema.keyof().options.flatMap((name) => {
  const found = table.get(schema.shape[name]);
  const words = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return found ? [{ ...found, name, env: words.toUpperCase().replaceAll("-", "_"), flag: `--${words}` }] : [];
});

/**
 * Reads the settings from the options of a command and from environment variables; options come first.
 * @throws SETTING_INVALID with the name of the setting
 */
export function readConfig(
  given: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  const values = settings.map(({ name, env, fallback }) => [
    name,
    given[name] ?? (environment[env] || undefined) ?? fallback,
  ]);
  const result = checkedSchema.safeParse(Object.fromEntries(values));
  if (result.success) return result.data;
  const reasons = result.error.issues.map(({ path, message }) => {
    const invalid = settings.find(({ name }) => name === path[0]);
    const expected = message.replace(/^[\w ]+: (?=expected)/, "").replace(/, received .*$/, "");
    if (!invalid) return expected;
    const value = given[invalid.name] ?? environment[invalid.env];
    const shown = invalid.value === null ? "" : ` ${JSON.stringify(value)}`; // keys stay secret
    const field = path.slice(1).join(".");
    return `Invalid ${invalid.env}${shown}: ${field && `${field}: `}${expected}.`;
  });
  throw createError("SETTING_INVALID", { reason: reasons.join(" ") });
}

/** Parses a text; other values are parsed already. */
function parseJson(text: unknown, { addIssue }: z.RefinementCtx): unknown {
  if (typeof text !== "string") return text;
  try {
    return JSON.parse(text);
  } catch {
    addIssue({ code: "custom", message: "expected a JSON object" });
    return z.NEVER;
  }
}

/** Also of the schemes of apps, as capacitor://localhost. */
function isOrigin(text: string): boolean {
  const { host, pathname, search, hash, username } = URL.parse(text) ?? new URL("none:");
  return host !== "" && /^\/?$/.test(pathname) && `${search}${hash}${username}` === "";
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function isEncoding(label: string): boolean {
  try {
    new TextDecoder(label);
    return true;
  } catch {
    return false;
  }
}

function isCron(pattern: string): boolean {
  try {
    return new Cron(pattern, { paused: true }).nextRun() !== null;
  } catch {
    return false;
  }
}
