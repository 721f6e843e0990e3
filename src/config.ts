import { availableParallelism } from "node:os";
import { Cron } from "croner";
import { z } from "zod";
import { createError } from "./errors.ts";
import { indexSettings } from "./model/format/index-setting.ts";
import { presetNames } from "./word2vec/hyperparameters.ts";

const list = z
  .union([z.string().transform((text) => text.split(",")), z.array(z.string())])
  .transform((texts) => texts.map((text) => text.trim()).filter((text) => text !== ""));
const network = z
  .union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], "expected an address or a network, as 10.0.0.0/8")
  .refine((text) => !text.endsWith("/0"), "must not be every address");

/** Every setting: the environment variable, the option of the commands, and what it takes. */
export const settings = {
  host: setting("HOST", "--host <address>", "127.0.0.1", "address to listen on", z.string().min(1)),
  port: setting(
    "PORT",
    "--port <number>",
    3000,
    "port to listen on; 0 takes a free one",
    z.coerce.number().int().min(0).max(65_535),
  ),
  logLevel: setting(
    "LOG_LEVEL",
    "--log-level <level>",
    "info",
    "fatal, error, warn, info, debug, trace or silent",
    z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]),
  ),
  dataDir: setting("DATA_DIR", "--data-dir <folder>", "./data", "where model versions are kept", z.string().min(1)),
  playlists: setting(
    "PLAYLISTS",
    "--playlists <paths...>",
    [],
    "CSV files or folders of them, .gz too; comma-separated in the environment; without them a sample is made",
    list,
  ),
  catalogue: setting(
    "CATALOGUE",
    "--catalogue <path>",
    undefined,
    "CSV of titles and artists",
    z.string().min(1).optional(),
  ),
  playlistColumn: setting(
    "PLAYLIST_COLUMN",
    "--playlist-column <name>",
    "Category",
    "column with the playlist",
    z.string().min(1),
  ),
  songColumn: setting(
    "SONG_COLUMN",
    "--song-column <name>",
    "master_number",
    "column with the song, in the catalogue too",
    z.string().min(1),
  ),
  songIds: setting(
    "SONG_IDS",
    "--song-ids <kind>",
    "numbers",
    "numbers: 0012 and 12.0 are the song 12; text: ids stay as they stand",
    z.enum(["numbers", "text"]),
  ),
  mostSongsLost: setting(
    "MOST_SONGS_LOST",
    "--most-songs-lost <share>",
    0.5,
    "a new version that lacks a larger share of the songs of the active one does not take over",
    z.coerce.number().min(0).max(1),
  ),
  preset: setting(
    "PRESET",
    "--preset <name>",
    "tuned",
    "hyperparameters to start from: article or tuned",
    z.enum(presetNames),
  ),
  keepVectors: setting(
    "KEEP_VECTORS",
    "--keep-vectors <kind>",
    "exact",
    "exact, or bytes: keep vectors in bytes only, a quarter of the memory",
    z.enum(["exact", "bytes"]),
  ),
  index: setting(
    "INDEX",
    "--index <kind>",
    "auto",
    "how songs like a song are found: auto builds and uses an index where a scan would be slow and the index finds 95 % of what it finds; scan never does, hnsw always",
    z.enum(indexSettings),
  ),
  workers: setting(
    "WORKERS",
    "--workers <number>",
    Math.max(1, availableParallelism() - 1),
    "training threads",
    z.coerce.number().int().min(1).max(256),
  ),
  apiKeys: setting(
    "API_KEYS",
    "--api-keys <list>",
    [],
    "role:key, comma-separated; roles are reader, writer and admin",
    list,
  ),
  apiKeysFile: setting(
    "API_KEYS_FILE",
    "--api-keys-file <path>",
    undefined,
    "file of role:key lines",
    z.string().min(1).optional(),
  ),
  corsOrigins: setting(
    "CORS_ORIGINS",
    "--cors-origins <origins...>",
    [],
    "origins whose web pages may use the service",
    list.pipe(z.array(z.union([z.literal("*"), z.url()]))),
  ),
  trustedProxies: setting(
    "TRUSTED_PROXIES",
    "--trusted-proxies <networks...>",
    [],
    "proxies, as CIDR, whose X-Forwarded-For is believed",
    list.pipe(z.array(network)),
  ),
  rateLimit: setting(
    "RATE_LIMIT",
    "--rate-limit <number>",
    undefined,
    "requests a minute of one key; any number without it",
    z.coerce.number().int().min(1).optional(),
  ),
  requestSeconds: setting(
    "REQUEST_SECONDS",
    "--request-seconds <number>",
    10,
    "time for a client to send its headers, and its body",
    z.coerce.number().min(0.1).max(3600),
  ),
  drainSeconds: setting(
    "DRAIN_SECONDS",
    "--drain-seconds <number>",
    2,
    "time between not being ready any more and stopping",
    z.coerce.number().min(0).max(6),
  ),
  keepModels: setting(
    "KEEP_MODELS",
    "--keep-models <number>",
    5,
    "model versions to keep, the active one among them",
    z.coerce.number().int().min(2).max(10_000),
  ),
  retrainCron: setting(
    "RETRAIN_CRON",
    "--retrain-cron <pattern>",
    undefined,
    'when to retrain, as "minute hour day month weekday"',
    z.string().refine(isCron, "is no pattern of cron").optional(),
  ),
  retrainAfter: setting(
    "RETRAIN_AFTER",
    "--retrain-after <number>",
    undefined,
    "retrain once so many stored playlists have changed",
    z
      .string()
      .regex(/^\d+( playlists)?$/, "must be a number of playlists")
      .transform((text) => Number.parseInt(text, 10))
      .pipe(z.int().min(1))
      .optional(),
  ),
  trainingDeadline: setting(
    "TRAINING_DEADLINE",
    "--training-deadline <seconds>",
    86_400,
    "seconds after which a training job fails",
    z.coerce.number().positive().max(2_000_000),
  ),
} as const;

export type SettingName = keyof typeof settings;
const schema = z.object({
  host: settings.host.schema,
  port: settings.port.schema,
  logLevel: settings.logLevel.schema,
  dataDir: settings.dataDir.schema,
  playlists: settings.playlists.schema,
  catalogue: settings.catalogue.schema,
  playlistColumn: settings.playlistColumn.schema,
  songColumn: settings.songColumn.schema,
  songIds: settings.songIds.schema,
  mostSongsLost: settings.mostSongsLost.schema,
  preset: settings.preset.schema,
  keepVectors: settings.keepVectors.schema,
  index: settings.index.schema,
  workers: settings.workers.schema,
  apiKeys: settings.apiKeys.schema,
  apiKeysFile: settings.apiKeysFile.schema,
  corsOrigins: settings.corsOrigins.schema,
  trustedProxies: settings.trustedProxies.schema,
  rateLimit: settings.rateLimit.schema,
  requestSeconds: settings.requestSeconds.schema,
  drainSeconds: settings.drainSeconds.schema,
  keepModels: settings.keepModels.schema,
  retrainCron: settings.retrainCron.schema,
  retrainAfter: settings.retrainAfter.schema,
  trainingDeadline: settings.trainingDeadline.schema,
});

export type Config = Readonly<z.output<typeof schema>>;

/**
 * The settings from what the command line and the environment give, the command line first.
 * @throws SETTING_INVALID with the setting named
 */
export function readConfig(
  given: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  const values = Object.fromEntries(
    Object.entries(settings).map(([name, { env, fallback }]) => [
      name,
      given[name] ?? (environment[env] || undefined) ?? fallback,
    ]),
  );
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const reasons = result.error.issues.map(({ path, message }) => {
    const name = Object.keys(settings).find((key): key is SettingName => key === path[0]);
    return name ? `${settings[name].env} (${settings[name].flag.split(" ")[0]}): ${message}` : message;
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

function setting<S extends z.ZodType>(env: string, flag: string, fallback: unknown, description: string, schema: S) {
  return { env, flag, fallback, description, schema };
}
