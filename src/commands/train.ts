import { Command, Option } from "commander";
import { readConfig } from "../config.ts";
import { createError } from "../errors.ts";
import { superviseTraining } from "../training/process/supervisor.ts";
import { resolveHyperparameters } from "../word2vec/hyperparameters.ts";
import { openDataFolder, openStore, playlistSource } from "../service/data-folder.ts";
import { addHyperparameters, addSettings, findVersion, overridesOf, readVersion } from "./options.ts";
import { packageVersion } from "./package.ts";
import { showProgress } from "./progress.ts";

const examples = `
Examples:
  song2vec train --playlists total_final.csv --data-dir ./data --preset article
  song2vec train --playlists lists/ more.csv.gz --catalogue songs.csv --epochs 20 --vector-size 128
  song2vec train --playlists total_final.csv --warm-start latest --epochs 5
  zcat lists.csv.gz | song2vec train --playlists - --json
`;

export function trainCommand(): Command {
  const command = new Command("train").description(
    "train song vectors from playlists and publish them as the next model version",
  );
  addSettings(command, [
    "playlists",
    "catalogue",
    "playlistColumn",
    "songColumn",
    "songIds",
    "dataDir",
    "preset",
    "index",
    "workers",
  ]);
  addHyperparameters(command);
  command.addOption(
    new Option("--warm-start <version>", "start from the vectors of a model version: its number, or latest").argParser(
      readVersion,
    ),
  );
  return command
    .option("--json", "end with one JSON object on standard output")
    .addHelpText("after", examples)
    .action(runTrain);
}

async function runTrain(options: Record<string, unknown>): Promise<void> {
  const config = readConfig(options, process.env);
  const hyperparameters = resolveHyperparameters(config.preset, { workers: config.workers, ...overridesOf(options) });
  const versions = await openDataFolder(config.dataDir);
  await using store = await openStore(config.dataDir);
  const { sample, ...source } = await playlistSource(config, store);
  if (sample) process.stderr.write("no playlists are set: training on the sample, which is made up\n");
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort());
  const fromStandardInput = source.playlists.includes("-");
  if (fromStandardInput && process.stdin.isTTY)
    throw createError("USAGE", { reason: "standard input is a terminal: pipe the playlists in" });
  const progress = showProgress(process.stderr, hyperparameters.epochs);
  const { version, summary } = await superviseTraining({
    task: { source, hyperparameters, trainedBy: `song2vec ${packageVersion}`, sample, index: config.index },
    versions,
    warmStart:
      options["warmStart"] === undefined
        ? null
        : await findVersion(
            versions,
            options["warmStart"] === "latest" ? "latest" : Number(options["warmStart"]),
            "to start from",
          ),
    onEvent: progress.onEvent,
    signal: controller.signal,
    standardInput: fromStandardInput,
  }).finally(progress.stop);
  await store.mark({ activeVersion: version });
  if (summary.bestEpoch !== null)
    process.stderr.write(
      `kept the vectors of epoch ${summary.bestEpoch}, the best of ${summary.epochs} on plays that were held out\n`,
    );
  process.stderr.write(
    `model version ${version}: ${summary.songs} songs, ${Math.round(summary.songsPerSecond)} songs/s, at most ${summary.peakMemoryMB} MB of memory\n`,
  );
  if (options["json"] === true) process.stdout.write(`${JSON.stringify({ version, ...summary, hyperparameters })}\n`);
}
