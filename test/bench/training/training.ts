/**
 * Training speed compared with gensim: the same plays, the preset `article`, alternating runs of all trainers.
 *
 *     npm run bench:train -- [--only polimi2018,nowplaying,generated] [--workers 1,2] [--epochs N] [--repeat 3]
 *                            [--config '{"name": "…", "preset": "article", "overrides": {…}}' …]
 *
 * songs/s = plays after minCount × epochs ÷ seconds of training, the median of the runs. songs/CPU s counts processor
 * time instead, so that other programs hardly affect it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Configuration, hyperparametersOf, readConfigurations, readNumbers } from "./configurations.ts";
import { type DataSet, readDataSet } from "../quality/data-sets.ts";
import { trainInFork } from "./forked-training.ts";
import { articleKeywords, type Cost, gensimVersion, trainGensim } from "./gensim.ts";
import { describeMachine } from "../machine.ts";
import { writePlays } from "./plays-file.ts";
import { cell, printTable, type Row } from "../table.ts";

const epochsOf: Readonly<Record<string, number>> = { polimi2018: 10, nowplaying: 2, generated: 1 };
const defaults: readonly Configuration[] = [
  { name: "window", preset: "article", overrides: { negativeSharing: "window" } },
  { name: "block", preset: "article", overrides: { negativeSharing: "block" } },
];

const { values } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(epochsOf).join(",") },
    workers: { type: "string", default: "1,2" },
    epochs: { type: "string" },
    repeat: { type: "string", default: "3" },
    config: { type: "string", multiple: true },
  },
});
const workers = readNumbers(values.workers);
const repeat = Number(values.repeat);
const configurations = readConfigurations(values.config, defaults);
const machine = describeMachine();
const gensim = gensimVersion();
const kernels = new Set<string>();

interface Trainer {
  readonly name: string;
  readonly gensim: boolean;
  readonly workers: number;
  readonly train: () => Promise<Cost> | Cost;
}

const rows: Row[] = [];
const temporary = mkdtempSync(join(tmpdir(), "song2vec-bench-"));
try {
  for (const name of values.only.split(",")) {
    const dataSet = await readDataSet(name, temporary);
    if (dataSet) rows.push(...(await measure(dataSet)));
  }
} finally {
  rmSync(temporary, { recursive: true });
}
console.log(
  `\n${machine}; gensim ${gensim ?? "not installed"}; kernel ${[...kernels].join(", ")}; ${repeat} runs of ` +
    `each trainer\n`,
);
printTable(rows);

async function measure({ name, plays }: DataSet): Promise<Row[]> {
  const epochs = Number(values.epochs ?? epochsOf[name] ?? 1);
  const file = join(temporary, "plays.txt");
  writePlays(file, plays);
  const trainers = workers.flatMap((count) => trainersWith(count, file, epochs));
  const runs = trainers.map((trainer) => ({
    ...trainer,
    speeds: new Array<number>(),
    efficiencies: new Array<number>(),
  }));
  for (let round = 1; round <= repeat; round++) {
    for (const run of runs) {
      const { seconds, cpuSeconds } = await run.train();
      run.speeds.push((plays.tokens.length * epochs) / seconds);
      run.efficiencies.push((plays.tokens.length * epochs) / cpuSeconds);
      console.error(
        `${name}, run ${round} of ${repeat}: ${run.name}, workers ${run.workers}: ${seconds.toFixed(1)} s on ` +
          `${(cpuSeconds / seconds).toFixed(2)} cores`,
      );
    }
  }
  const most = Math.max(...workers);
  const speedOf = (trainer: string, count: number) =>
    runs.filter((run) => run.name === trainer && run.workers === count).map((run) => median(run.speeds))[0];
  const peers = runs.filter((run) => run.gensim && run.workers === most).map((run) => median(run.speeds));
  return runs.map((run) => {
    const speed = median(run.speeds);
    const single = run.workers === 1 ? undefined : speedOf(run.name, 1);
    return {
      "data set": name,
      trainer: run.name,
      workers: cell(run.workers),
      epochs: cell(epochs),
      "songs/s": cell(speed),
      "songs/CPU s": cell(median(run.efficiencies)),
      "min–max": `${cell(Math.min(...run.speeds))}–${cell(Math.max(...run.speeds))}`,
      [`÷ gensim's best, workers ${most}`]: cell(peers.length > 0 ? speed / Math.max(...peers) : undefined, 2),
      "÷ 1 worker": cell(single === undefined ? undefined : speed / single, 2),
    };
  });
}

function trainersWith(count: number, plays: string, epochs: number): Trainer[] {
  const feeds = gensim === undefined ? [] : (["lists", "file"] as const);
  const peers = feeds.map((feed) => ({
    name: `gensim, ${feed === "lists" ? "list of lists" : "corpus_file"}`,
    gensim: true,
    workers: count,
    train: () => trainGensim({ plays, feed, epochs, workers: count, keywords: articleKeywords }),
  }));
  const ours = configurations.map((configuration) => ({
    name: `song2vec, ${configuration.name}`,
    gensim: false,
    workers: count,
    train: async () => {
      const hyperparameters = { ...hyperparametersOf(configuration), epochs, workers: count };
      const { kernel, ...cost } = await trainInFork({ plays, hyperparameters });
      kernels.add(kernel);
      return cost;
    },
  }));
  return [...peers, ...ours];
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}
