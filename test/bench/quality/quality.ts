/**
 * Time to gensim's quality: gensim and song2vec train on the same plays and are evaluated on the same 2,000 cases.
 *
 *     npm run bench:quality -- [--only polimi2018,nowplaying] [--cache FOLDER] [--seeds 1,2] [--workers 2]
 *                              [--epochs N] [--gensim '{"sg": 0, …}']
 *                              [--config '{"name": "…", "preset": "article", "overrides": {…}}' …]
 *
 * --cache keeps gensim's vectors and times for later runs. --gensim adds arguments to gensim's Word2Vec; hierarchical
 * softmax is {"hs": 1, "negative": 0}. The preset article trains as many epochs as gensim unless a configuration has
 * another number. Each model is evaluated by context (mean input · output) and by similarity (mean unit input · unit
 * input, gensim's most_similar).
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { type Case, readCases } from "./cases.ts";
import { type Configuration, hyperparametersOf, readConfigurations, readNumbers } from "../training/configurations.ts";
import { type DataSet, readDataSet } from "./data-sets.ts";
import { evaluateContext, evaluatePopularity, evaluateSimilarity, type Quality } from "./evaluation.ts";
import { trainInFork } from "../training/forked-training.ts";
import {
  articleKeywords,
  type Cost,
  costSchema,
  gensimVersion,
  type Keywords,
  trainGensim,
} from "../training/gensim.ts";
import { describeMachine } from "../machine.ts";
import { writePlays } from "../training/plays-file.ts";
import { cell, printTable, type Row } from "../table.ts";
import { readVectors, type Vectors } from "../search/vectors.ts";

interface Protocol {
  readonly epochs: number;
  /** The playlists of the test file continue those of the train file. */
  readonly continues: boolean;
}

const protocols: Readonly<Record<string, Protocol>> = {
  polimi2018: { epochs: 100, continues: true },
  nowplaying: { epochs: 20, continues: false },
  classic_rock: { epochs: 100, continues: false },
  generated: { epochs: 5, continues: false },
};
const defaults: readonly Configuration[] = [
  { name: "article, window", preset: "article", overrides: { negativeSharing: "window" } },
  { name: "tuned", preset: "tuned", overrides: {} },
];

const { values } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(protocols).join(",") },
    cache: { type: "string" },
    seeds: { type: "string", default: "1" },
    workers: { type: "string", default: "2" },
    epochs: { type: "string" },
    gensim: { type: "string", default: "{}" },
    config: { type: "string", multiple: true },
  },
});
const seeds = readNumbers(values.seeds);
const workers = Number(values.workers);
const added = z.record(z.string(), z.unknown()).parse(JSON.parse(values.gensim));
const keywords: Keywords = { ...articleKeywords, ...added };
const configurations = readConfigurations(values.config, defaults);
const machine = describeMachine();
const gensim = gensimVersion();
const kernels = new Set<string>();

interface Measured {
  readonly trainer: string;
  readonly seed?: number | string;
  readonly epochs?: number;
  readonly cost?: Cost;
  readonly context: Quality;
  readonly similarity?: Quality;
}

const rows: Row[] = [];
const temporary = mkdtempSync(join(tmpdir(), "song2vec-bench-"));
try {
  for (const name of values.only.split(",")) {
    const protocol = protocols[name];
    if (!protocol) throw new RangeError(`no data set ${name}: ${Object.keys(protocols).join(", ")}`);
    const dataSet = await readDataSet(name, temporary);
    if (dataSet) rows.push(...(await measure(dataSet, protocol)));
  }
} finally {
  rmSync(temporary, { recursive: true });
}
console.log(
  `\n${machine}; gensim ${gensim ?? "not installed"}; kernel ${[...kernels].join(", ")}; ${workers} workers\n`,
);
printTable(rows);

async function measure(dataSet: DataSet, protocol: Protocol): Promise<Row[]> {
  const { name, plays, songIds, trainFile, testFile } = dataSet;
  const epochs = Number(values.epochs ?? protocol.epochs);
  const cases = readCases(testFile, protocol.continues ? trainFile : undefined, songIds);
  const file = join(temporary, "plays.txt");
  writePlays(file, plays);

  const popularity = evaluatePopularity(cases, songIds.length);
  const peer = gensim === undefined ? undefined : await measureGensim(name, file, epochs, cases);
  const ours: Measured[] = [];
  for (const configuration of configurations) {
    const runs: Measured[] = [];
    for (const seed of seeds) runs.push(await measureOurs(name, configuration, seed, file, epochs, cases));
    ours.push(...runs, ...(runs.length > 1 ? [meanOf(runs)] : []));
  }

  const all = [{ trainer: "popularity", context: popularity }, ...(peer ? [peer] : []), ...ours];
  return all.map((measured) => toRow(name, plays.tokens.length, measured, popularity, peer));
}

async function measureGensim(name: string, plays: string, epochs: number, cases: readonly Case[]): Promise<Measured> {
  const identity = JSON.stringify({
    epochs,
    workers,
    keywords,
    gensim,
    plays: createHash("sha256").update(readFileSync(plays)).digest("hex"),
  });
  const folder = join(
    values.cache ?? temporary,
    `${name}-gensim-${createHash("sha256").update(identity).digest("hex").slice(0, 12)}`,
  );
  const done = join(folder, "run.json");
  if (existsSync(done)) console.error(`${name}: gensim's vectors are from ${folder}`);
  else {
    mkdirSync(folder, { recursive: true });
    const cost = trainGensim({ plays, feed: "lists", epochs, workers, keywords, folder });
    writeFileSync(done, JSON.stringify({ ...cost, ...JSON.parse(identity) }));
  }
  const cost = costSchema.parse(JSON.parse(readFileSync(done, "utf8")));
  const extra = Object.keys(added).length > 0 ? ` ${values.gensim}` : "";
  const vectorSize = z.number().parse(keywords["vector_size"]);
  return {
    trainer: `gensim${extra}`,
    epochs,
    cost,
    ...(await evaluateVectors(name, "gensim", cases, readVectors(folder, vectorSize))),
  };
}

async function measureOurs(
  name: string,
  configuration: Configuration,
  seed: number,
  plays: string,
  epochs: number,
  cases: readonly Case[],
): Promise<Measured> {
  const fallback = { workers, ...(configuration.preset === "article" && { epochs }) };
  const hyperparameters = { ...hyperparametersOf(configuration, fallback), seed };
  const folder = mkdtempSync(join(temporary, "ours-"));
  const { seconds, cpuSeconds, kernel } = await trainInFork({ plays, hyperparameters, folder });
  kernels.add(kernel);
  const vectors = readVectors(folder, hyperparameters.vectorSize);
  rmSync(folder, { recursive: true });
  const trainer = `song2vec, ${configuration.name}`;
  return {
    trainer,
    seed,
    epochs: hyperparameters.epochs,
    cost: { seconds, cpuSeconds },
    ...(await evaluateVectors(name, trainer, cases, vectors)),
  };
}

async function evaluateVectors(
  name: string,
  trainer: string,
  cases: readonly Case[],
  vectors: Vectors,
): Promise<{ context: Quality; similarity: Quality }> {
  const qualities = {
    context: await evaluateContext(cases, vectors),
    similarity: await evaluateSimilarity(cases, vectors),
  };
  console.error(`${name}: ${trainer}: HR@10 ${qualities.context.hitRate.toFixed(4)}`);
  return qualities;
}

function meanOf(runs: readonly Measured[]): Measured {
  const mean = (of: (run: Measured) => number | undefined) =>
    runs.reduce((sum, run) => sum + (of(run) ?? Number.NaN), 0) / runs.length;
  const quality = (of: (run: Measured) => Quality | undefined) => ({
    hitRate: mean((run) => of(run)?.hitRate),
    ndcg: mean((run) => of(run)?.ndcg),
  });
  const [first] = runs;
  return {
    trainer: first?.trainer ?? "",
    seed: "mean",
    ...(first?.epochs !== undefined && { epochs: first.epochs }),
    cost: { seconds: mean((run) => run.cost?.seconds), cpuSeconds: mean((run) => run.cost?.cpuSeconds) },
    context: quality((run) => run.context),
    similarity: quality((run) => run.similarity),
  };
}

function toRow(
  name: string,
  plays: number,
  { trainer, seed, epochs, cost, context, similarity }: Measured,
  popularity: Quality,
  peer: Measured | undefined,
): Row {
  return {
    "data set": name,
    trainer,
    seed: seed === undefined ? "" : String(seed),
    epochs: cell(epochs),
    seconds: cell(cost?.seconds, 1),
    "CPU s": cell(cost?.cpuSeconds, 1),
    "songs/s": cell(cost === undefined || epochs === undefined ? undefined : (plays * epochs) / cost.seconds),
    "context HR@10": cell(context.hitRate, 4),
    "context NDCG@10": cell(context.ndcg, 4),
    "similarity HR@10": cell(similarity?.hitRate, 4),
    "similarity NDCG@10": cell(similarity?.ndcg, 4),
    "HR@10 - popularity": cell(context.hitRate - popularity.hitRate, 4),
    "HR@10 ÷ gensim's": cell(peer && context.hitRate / peer.context.hitRate, 3),
    "gensim's s ÷ s": cell(peer?.cost && cost && peer.cost.seconds / cost.seconds, 1),
    "gensim's CPU s ÷ CPU s": cell(peer?.cost && cost && peer.cost.cpuSeconds / cost.cpuSeconds, 1),
  };
}
