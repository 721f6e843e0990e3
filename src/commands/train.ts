import { Command, Option } from "commander";
import { createError } from "../errors.ts";
import { superviseTraining } from "../training/process/supervisor.ts";
import { addJson, findVersion, readVersion, writeJson } from "./options.ts";
import { packageVersion } from "./package.ts";
import { showProgress } from "./progress.ts";
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
  const command = new Command("train").description(
    "train song vectors from playlists and publish them as the next model version",
  );
  return addJson(addTrainingOptions(command, ["index"]), examples)
    .addOption(
      new Option(
        "--warm-start <version>",
        "start from the vectors of a model version: its number, or latest",
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
    throw createError("USAGE", { reason: "standard input is a terminal: pipe the playlists in" });
  const progress = showProgress(process.stderr, hyperparameters.epochs);
  const { version, summary } = await superviseTraining({
    task: { source, hyperparameters, trainedBy: `song2vec ${packageVersion}`, sample, index: config.index },
    versions,
    warmStart: warmStart === undefined ? null : await findVersion(versions, warmStart, "to start from"),
    onEvent: progress.onEvent,
    signal,
    inheritStdin: standardInput,
  }).finally(progress.stop);
  await store.updateState({ activeVersion: version });
  if (summary.bestEpoch !== null)
    process.stderr.write(
      `kept the vectors of epoch ${summary.bestEpoch}, the best of ${summary.epochs} on plays that were held out\n`,
    );
  process.stderr.write(
    `model version ${version}: ${summary.songs} songs, ${Math.round(summary.songsPerSecond)} songs/s, at most ${summary.peakMemoryMB} MB of memory\n`,
  );
  if (json) writeJson({ version, ...summary, hyperparameters });
}
