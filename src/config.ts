import { availableParallelism } from "node:os";
import { Cron } from "croner";
import { z } from "zod";
import { createError } from "./errors.ts";
import { indexSettings } from "./model/format/index-setting.ts";
import { presetNames } from "./word2vec/hyperparameters.ts";

interface Setting {
  /** The value as the help shows it; null where there is no option, since other users of the machine can read command lines. */
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
const network = z
  .union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], "expected an address or a network, as 10.0.0.0/8")
  .refine((each) => !each.endsWith("/0"), "must not be every address");

const schema = z.object({
  host: setting("<address>", "127.0.0.1", "address to listen on", text),
  port: setting("<number>", 3000, "port to listen on; 0 takes a free one", wholeNumber.min(0).max(65_535)),
  playlists: setting(
    "<paths...>",
    [],
    "CSV files or folders of them, .gz too; comma-separated in the environment; without them a sample is made",
    list,
  ),
  catalogue: setting("<path>", undefined, "CSV of titles and artists", text.optional()),
  playlistColumn: setting("<name>", "Category", "column with the playlist", text),
  songColumn: setting("<name>", "master_number", "column with the song, in the catalogue too", text),
  songIds: setting(
    "<kind>",
    "numbers",
    "numbers: 0012 and 12.0 are the song 12; text: ids stay as they stand",
    z.enum(["numbers", "text"]),
  ),
  dataDir: setting("<folder>", "./data", "where model versions are kept", text),
  preset: setting("<name>", "tuned", "hyperparameters to start from: article or tuned", z.enum(presetNames)),
  keepVectors: setting(
    "<kind>",
    "exact",
    "exact, or bytes: keep vectors in bytes only, a quarter of the memory",
    z.enum(["exact", "bytes"]),
  ),
  index: setting(
    "<kind>",
    "auto",
    "how songs like a song are found: auto builds and uses an index where a scan would be slow and the index finds 95 % of what it finds; scan never does, hnsw always",
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
    "model versions to keep, the active one among them",
    wholeNumber.min(2).max(10_000),
  ),
  mostSongsLost: setting(
    "<share>",
    0.5,
    "a new version that lacks a larger share of the songs of the active one does not take over",
    z.coerce.number().min(0).max(1),
  ),
  retrainCron: setting(
    "<pattern>",
    undefined,
    'when to retrain, as "minute hour day month weekday"',
    z.string().refine(isCron, "is no pattern of cron").optional(),
  ),
  retrainAfter: setting(
    "<number>",
    undefined,
    "retrain once so many stored playlists have changed",
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
  apiKeys: setting(null, [], "role:key, comma-separated; roles are reader, writer and admin", list),
  apiKeysFile: setting("<path>", undefined, "file of role:key lines", text.optional()),
  corsOrigins: setting(
    "<origins...>",
    [],
    "origins whose web pages may use the service",
    list.pipe(z.array(z.union([z.literal("*"), z.url()]))),
  ),
  trustedProxies: setting(
    "<networks...>",
    [],
    "proxies, as CIDR, whose X-Forwarded-For is believed",
    list.pipe(z.array(network)),
  ),
  rateLimit: setting(
    "<number>",
    undefined,
    "requests a minute of one key; any number without it",
    wholeNumber.min(1).optional(),
  ),
  requestSeconds: setting(
    "<number>",
    10,
    "time for a client to send its headers, and its body",
    z.coerce.number().min(0.1).max(3600),
  ),
  drainSeconds: setting(
    "<number>",
    2,
    "time between not being ready any more and stopping",
    z.coerce.number().min(0).max(6),
  ),
});

export type SettingName = keyof typeof schema.shape;
export type Config = Readonly<z.output<typeof schema>>;

/** Every setting, with its environment variable and its option: `dataDir` is DATA_DIR and --data-dir. */
export const settings = schema.keyof().options.flatMap((name) => {
  const found = table.get(schema.shape[name]);
  const words = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return found ? [{ ...found, name, env: words.toUpperCase().replaceAll("-", "_"), flag: `--${words}` }] : [];
});

/**
 * The settings from what the command line and the environment give, the command line first.
 * @throws SETTING_INVALID with the setting named
 */
export function readConfig(
  given: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  const values = settings.map(({ name, env, fallback }) => [
    name,
    given[name] ?? (environment[env] || undefined) ?? fallback,
  ]);
  const result = schema.safeParse(Object.fromEntries(values));
  if (result.success) return result.data;
  const reasons = result.error.issues.map(({ path, message }) => {
    const invalid = settings.find(({ name }) => name === path[0]);
    return invalid ? `${invalid.env} (${invalid.flag}): ${message}` : message;
  });
  throw createError("SETTING_INVALID", { reason: reasons.join("; ") });
}

function isCron(pattern: string): boolean {
  try {
    return new Cron(pattern, { paused: true }).nextRun() !== null;
  } catch {
    return false;
  }
}
