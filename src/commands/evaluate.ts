import { writeFile } from "node:fs/promises";
import { Command } from "commander";
import { type Config, readConfig } from "../config.ts";
import { DroppedRowsLog } from "../corpus/dropped-rows.ts";
import { readPlaylists } from "../corpus/readers/playlists.ts";
import { createError, messageOf } from "../errors.ts";
import { evaluateTest } from "../evaluate/evaluate-test.ts";
import { type Evaluation, evaluationSchema } from "../evaluate/evaluation.ts";
import type { NextSongEvaluation } from "../evaluate/next-song.ts";
import { plotEvaluation } from "../evaluate/plot.ts";
import { buildNextSongs, buildTestCases } from "../evaluate/test-cases.ts";
import type { Versions } from "../model/format/versions.ts";
import { openDataFolder } from "../service/data-folder.ts";
import { describeDropped } from "../training/pipeline/narrate.ts";
import { playlistSettings } from "./training-input.ts";
import { addJson, addSettings, findVersion, readVersion, wholeNumber, writeJson } from "./options.ts";
import { tableLines } from "./table.ts";
import { loadVersion } from "../model/loading/load.ts";

const examples = `
Examples:
  song2vec evaluate
  song2vec evaluate 3 --data-dir ./mine --plot curves.svg --json
  song2vec evaluate --test later.csv.gz --heads total_final.csv
`;

interface EvaluateOptions {
  readonly test?: string;
  readonly heads?: string;
  readonly cases: number;
  readonly plot?: string;
  readonly json?: boolean;
}

export function evaluateCommand(): Command {
  const command = new Command("evaluate")
    .description(
      "measure a model version on held-out playlists or on a test file, beside each single strategy and baselines",
    )
    .argument("[version]", "number of the model version, or latest", readVersion, "latest")
    .option("--test <file>", "playlists that are not training data; the last fifth of each is the ground truth")
    .option(
      "--heads <file>",
      "playlists that the test file continues: they are the queries, and all of the test file is the ground truth",
    )
    .option(
      "--cases <number>",
      "maximum number of test playlists, chosen by a hash of their ids, and of next songs",
      wholeNumber,
      2000,
    )
    .option("--plot <file>", "write the curves of hit rate and NDCG to an SVG file");
  return addJson(addSettings(command, [...playlistSettings, "dataDir"]), examples).action(runEvaluate);
}

async function runEvaluate(wanted: number | "latest", { plot, json, ...options }: EvaluateOptions): Promise<void> {
  if (options.heads !== undefined && options.test === undefined)
    throw createError("USAGE", { reason: "--heads requires --test." });
  const config = readConfig({ ...options }, process.env);
  const versions = await openDataFolder(config.dataDir);
  const version = await findVersion(versions, wanted, config);
  const { manifest } = await versions.find(version);
  const evaluation =
    options.test === undefined
      ? heldOut(version, manifest.evaluation)
      : await onTest(versions, version, config, { ...options, test: options.test });
  const what = options.test === undefined ? "held-out playlists" : `playlists of ${options.test}`;
  process.stderr.write(
    `version ${version}, ${evaluation.cases.toLocaleString("en")} ${what}\n${describeEvaluation(evaluation).join("\n")}\n`,
  );
  if (plot !== undefined) await writePlot(plot, evaluation, `Version ${version}`);
  if (json) writeJson({ version, blend: manifest.blend, ...evaluation });
}

function heldOut(version: number, stored: unknown): Evaluation {
  if (stored === null)
    throw createError("USAGE", {
      reason: `Model version ${version} was trained without held-out playlists.`,
      advice: "Train with --hold-out 2000, or name a file with --test.",
    });
  return evaluationSchema.parse(stored);
}

async function onTest(
  versions: Versions,
  version: number,
  config: Config,
  { test, heads, cases: most }: EvaluateOptions & { readonly test: string },
): Promise<Evaluation> {
  const model = await loadVersion(versions, version);
  const reading = { ...config, songIds: model.manifest.songIds };
  const dropped = new DroppedRowsLog();
  const playlists = await readPlaylists(test, reading, dropped);
  const beginnings = heads === undefined ? undefined : await readPlaylists(heads, reading, dropped);
  const cases = buildTestCases(playlists, beginnings, most);
  for (const line of describeDropped(dropped.entries())) process.stderr.write(`${line}\n`);
  if (cases.length === 0)
    throw createError("NO_PLAYLISTS", {
      file: test,
      reason: "no playlist has a song for the query and another one for the ground truth",
    });
  return evaluateTest(model, cases, buildNextSongs(playlists, beginnings, most));
}

/** @throws OUTPUT_UNWRITABLE */
async function writePlot(path: string, evaluation: Evaluation, title: string): Promise<void> {
  if (evaluation.methods.some(({ curve }) => curve.length === 0))
    throw createError("USAGE", {
      reason: "This model version has no curves: an older version of song2vec trained it.",
      advice: "Retrain, or name a file with --test.",
    });
  try {
    await writeFile(path, plotEvaluation(evaluation, title));
  } catch (error) {
    throw createError("OUTPUT_UNWRITABLE", { path, reason: messageOf(error) }, { cause: error });
  }
}

type Method = Evaluation["methods"][number];

const columns: readonly (readonly [name: string, cell: (method: Method) => string])[] = [
  ["method", ({ method }) => method],
  ["HR@10", ({ hitRate10 }) => hitRate10.toFixed(4)],
  ["NDCG@10", ({ ndcg10 }) => ndcg10.toFixed(4)],
  ["95 % interval", ({ ndcg10Interval }) => ndcg10Interval.map((value) => value.toFixed(4)).join("–")],
  ["NDCG@100", ({ ndcg100 }) => ndcg100.toFixed(4)],
  ["recall@100", ({ recall100 }) => recall100.toFixed(4)],
  ["R-prec", ({ rPrecision }) => rPrecision.toFixed(4)],
  ["MRR", ({ meanReciprocalRank }) => meanReciprocalRank.toFixed(4)],
  ["coverage", ({ coverage }) => coverage.toFixed(3)],
  ["popularity", ({ popularityPercentile }) => popularityPercentile.toFixed(1)],
  ["novelty", ({ novelty }) => novelty.toFixed(1)],
];

function describeEvaluation({ methods, nextSong }: Evaluation): string[] {
  const rows = methods.map((method) => columns.map(([, cell]) => cell(method)));
  const parts = methods[0]?.recall100ByPopularity ?? [];
  const partRows = methods.map(({ method, recall100ByPopularity }) => [
    method,
    ...recall100ByPopularity.map(({ recall100 }) => recall100.toFixed(4)),
  ]);
  return [
    ...tableLines([columns.map(([name]) => name), ...rows]),
    "",
    "recall@100 by popularity of the ground-truth songs, each part with a third of all plays",
    ...tableLines([
      ["method", ...parts.map(({ part, songs }) => `${part} (${songs.toLocaleString("en")})`)],
      ...partRows,
    ]),
    ...(nextSong ? ["", ...nextSongTable([nextSong])] : []),
  ];
}

/** The figures of next songs in a table, with columns for each evaluation. */
export function nextSongTable(evaluations: readonly (NextSongEvaluation | undefined)[]): string[] {
  const row = (mode: "exclude" | "allow") => [
    mode,
    ...evaluations
      .flatMap((each) => [each?.[mode].precision20, each?.[mode].meanReciprocalRank20])
      .map((figure) => figure?.toFixed(4) ?? "–"),
  ];
  return [
    `next song of ${evaluations.map(describeNextSongs).join(" and of ")}`,
    ...tableLines([["repeats", ...evaluations.flatMap(() => ["P@20", "MRR@20"])], row("exclude"), row("allow")]),
  ];
}

function describeNextSongs(evaluation: NextSongEvaluation | undefined): string {
  return evaluation
    ? `${evaluation.cases.toLocaleString("en")} beginnings, ${(100 * evaluation.repeats).toFixed(1)} % of them repeats`
    : "no beginnings";
}
