import { Command, Option } from "commander";
import { createError } from "../errors.ts";
import { count, narrate } from "../training/pipeline/narrate.ts";
import { superviseTraining } from "../training/process/supervisor.ts";
import { addJson, findVersion, readVersion, writeJson } from "./options.ts";
import { packageVersion } from "./package.ts";
import { createProgressBar, displayTraining } from "./progress.ts";
import { addTrainingOptions, type TrainingInput, withTrainingInput } from "./training-input.ts";

const examples = `
Examples:
  song2vec train --playlists total_final.csv --data-dir ./data --preset article
  song2vec train --playlists lists/ more.csv.gz --catalogue songs.csv --epochs 20 --vector-size 128
  song2vec train --playlists total_final.csv --warm-start latest --epochs 5
  zcat lists.csv.gz | song2vec train --playlists - --json
`;

interface TrainOptions {
  readonly warmStart?: number | "latest";
  readonly json?: boolean;
}

export function trainCommand(): Command {
  const command = new Command("train").description("train on playlists and publish the next model version");
  return addJson(addTrainingOptions(command, ["index"]), examples)
    .addOption(
      new Option(
        "--warm-start <version>",
        "start from the vectors of this model version: a number, or latest",
      ).argParser(readVersion),
    )
    .action((options: TrainOptions) =>
      withTrainingInput({ ...options }, "training", (input) => runTrain(input, options)),
    );
}

async function runTrain(
  { config, hyperparameters, versions, store, source, sample, signal }: TrainingInput,
  { warmStart, json }: TrainOptions,
): Promise<void> {
  const standardInput = source.playlists.includes("-");
  if (standardInput && process.stdin.isTTY)
    throw createError("USAGE", {
      reason: "Standard input is a terminal.",
      advice: "Pipe the playlists in: zcat lists.csv.gz | song2vec train --playlists -",
    });
  const bar = createProgressBar(process.stderr, "training");
  const display = displayTraining(bar, hyperparameters.epochs);
  const { version, summary } = await superviseTraining({
    task: { source, hyperparameters, trainedBy: `song2vec ${packageVersion}`, sample, index: config.index },
    versions,
    warmStart: warmStart === undefined ? null : await findVersion(versions, warmStart, config),
    onEvent(event) {
      for (const line of narrate(event, hyperparameters.epochs)) bar.write(`${line}\n`);
      display.onEvent(event);
    },
    signal,
    inheritStdin: standardInput,
  }).finally(display.stop);
  await store.updateState({ activeVersion: version });
  if (summary.bestEpoch !== null)
    process.stderr.write(
      `kept the vectors of epoch ${summary.bestEpoch}, the best of ${summary.epochs} on held-out plays\n`,
    );
  process.stderr.write(
    `model version ${version}: ${count(summary.songs)} songs, ` +
      `trained at ${count(Math.round(summary.songsPerSecond))} songs/s, ` +
      `peak memory ${count(summary.peakMemoryMB)} MB\n`,
  );
  if (json) writeJson({ version, ...summary, hyperparameters });
}
