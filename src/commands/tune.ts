import { Command, InvalidArgumentError } from "commander";
import { settings } from "../config.ts";
import { createError } from "../errors.ts";
import { narrateTuning, optionsOf } from "../training/tuning/narrate-tuning.ts";
import { superviseTuning } from "../training/tuning/supervise-tuning.ts";
import type { Trial, TuningResult } from "../training/tuning/tuning.ts";
import { maxTuningMinutes } from "../training/tuning/tuning-job.ts";
import type { PresetName } from "../word2vec/hyperparameters.ts";
import { createProgressBar } from "./progress.ts";
import { addJson, wholeNumber, writeJson } from "./options.ts";
import { addTrainingOptions, type TrainingInput, trainingSettings, withTrainingInput } from "./training-input.ts";

const examples = `
Examples:
  song2vec tune --playlists total_final.csv --minutes 30
  song2vec tune --playlists lists/ --preset article --vector-size 128 --minutes 5 --workers 1 --seed 7 --json
`;

interface TuneOptions {
  readonly minutes: number;
  readonly trials?: number;
  readonly json?: boolean;
}

export function tuneCommand(): Command {
  const command = new Command("tune").description(
    "search for hyperparameters that recommend better than the preset; the same seed tries the same ones in the same order",
  );
  return addJson(addTrainingOptions(command), examples)
    .option("--minutes <number>", "time limit in minutes", readMinutes, 10)
    .option("--trials <number>", "trials of the first round; by default as many as the time allows", wholeNumber)
    .action((options: TuneOptions) =>
      withTrainingInput({ ...options }, "tuning", (input) => runTune(input, { ...options })),
    );
}

async function runTune(
  { config, given, hyperparameters: base, versions, source, signal }: TrainingInput,
  options: TuneOptions & Readonly<Record<string, unknown>>,
): Promise<void> {
  const { minutes, trials: most = null, json } = options;
  if (source.playlists.includes("-"))
    throw createError("USAGE", {
      reason: "tune cannot read playlists from standard input: each trial reads them again.",
      advice: "Name the files with --playlists.",
    });
  const trials: Trial[] = [];
  const bar = createProgressBar(process.stderr, "tuning");
  const started = performance.now();
  const timer = setInterval(() => {
    const seconds = (performance.now() - started) / 1000;
    const best = Math.max(...trials.map(({ figure }) => figure ?? 0), 0).toFixed(4);
    const left = Math.max(0, Math.ceil(60 * minutes - seconds));
    bar.update(Math.min(1, seconds / (60 * minutes)), `${trials.length} trials | NDCG@10 ${best} | ${left} s left`);
  }, 1000);
  const result = await superviseTuning({
    task: { source, base, most, seed: base.seed },
    given,
    minutes,
    versions,
    signal,
    onEvent(event) {
      if (event.type === "trial") trials.push(event.trial);
      for (const line of narrateTuning(event)) bar.write(`${line}\n`);
    },
    onStderr: (text) => bar.write(text),
  }).finally(() => {
    clearInterval(timer);
    bar.stop();
  });
  const command = commandLine(options, result);
  const setting = settingLine(config.preset, result);
  process.stderr.write(`${describe(result)}\n${command}\nSettings of a server that trains with them:\n${setting}\n`);
  if (json) writeJson({ ...result, preset: config.preset, command, setting, trials });
}

function describe({ trial, share, figure, standardError, gain, gainError }: TuningResult): string {
  const on = share === 1 ? "" : `, trained on ${(100 * share).toFixed(0)} % of the playlists (time limit)`;
  const found = `NDCG@10 ${figure.toFixed(4)} ± ${standardError.toFixed(4)}`;
  if (trial === 1) return `no trial was significantly better than the preset: ${found}${on}`;
  return `best: trial ${trial}, ${found}, ${gain.toFixed(4)} ± ${gainError.toFixed(4)} above the preset${on}`;
}

/** The command that trains with the result, with the settings of this command. */
function commandLine(options: Readonly<Record<string, unknown>>, { hyperparameters }: TuningResult): string {
  const flags = settings.flatMap(({ name, flag }) =>
    options[name] === undefined || !trainingSettings.includes(name) || name === "hyperparameters"
      ? []
      : [flag, ...[options[name]].flat().map((value) => quote(String(value)))],
  );
  return ["song2vec train", ...flags, ...optionsOf(hyperparameters)].join(" ");
}

/** The settings with which a server trains with the result. */
function settingLine(preset: PresetName, { hyperparameters }: TuningResult): string {
  const line = `HYPERPARAMETERS='${JSON.stringify(hyperparameters)}'`;
  return preset === "tuned" ? line : `PRESET=${preset} ${line}`;
}

/** For a POSIX shell. */
function quote(text: string): string {
  return /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function readMinutes(text: string): number {
  const minutes = Number(text);
  if (!(minutes > 0 && minutes <= maxTuningMinutes))
    throw new InvalidArgumentError(`It must be greater than 0 and at most ${maxTuningMinutes}.`);
  return minutes;
}
