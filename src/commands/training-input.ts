import type { Command } from "commander";
import { type Config, readConfig, type SettingName } from "../config.ts";
import type { Versions } from "../model/format/versions.ts";
import { openDataFolder, openStore, playlistSource } from "../service/data-folder.ts";
import type { Store } from "../store/store.ts";
import type { PlaylistSource } from "../training/pipeline/events.ts";
import { type Hyperparameters, type Overrides, resolveHyperparameters } from "../word2vec/hyperparameters.ts";
import { addHyperparameters, addSettings, overridesOf } from "./options.ts";

/** How playlists are written. */
export const playlistSettings: readonly SettingName[] = [
  "playlistColumn",
  "songColumn",
  "songIds",
  "userColumn",
  "timeColumn",
  "timeZone",
  "sessionGap",
  "header",
  "encoding",
];

export const trainingSettings: readonly SettingName[] = [
  "playlists",
  "catalogue",
  ...playlistSettings,
  "dataDir",
  "preset",
  "hyperparameters",
  "workers",
];

export interface TrainingInput {
  readonly config: Config;
  /** Hyperparameters that differ from the preset. */
  readonly given: Overrides;
  readonly hyperparameters: Hyperparameters;
  readonly versions: Versions;
  readonly store: Store;
  readonly source: PlaylistSource;
  readonly sample: boolean;
  /** Aborts when the user interrupts the command. */
  readonly signal: AbortSignal;
}

/** Adds the options of commands that train on playlists. */
export function addTrainingOptions(command: Command, others: readonly SettingName[] = []): Command {
  return addHyperparameters(addSettings(command, [...trainingSettings, ...others]));
}

/** @param activity as in "training on the synthetic sample" */
export async function withTrainingInput(
  options: Readonly<Record<string, unknown>>,
  activity: string,
  run: (input: TrainingInput) => Promise<void>,
): Promise<void> {
  const config = readConfig(options, process.env);
  const given = { ...config.hyperparameters, ...overridesOf(options) };
  const hyperparameters = resolveHyperparameters(config.preset, { workers: config.workers, ...given });
  const versions = await openDataFolder(config.dataDir);
  await using store = await openStore(config.dataDir);
  const { sample, ...source } = await playlistSource(config, store);
  if (sample) process.stderr.write(`PLAYLISTS is not set: ${activity} on the synthetic sample\n`);
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort());
  await run({ config, given, hyperparameters, versions, store, source, sample, signal: controller.signal });
}
