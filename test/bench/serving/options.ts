/**
 * Effect of each option of a recommendation on quality, latency and the ten songs returned. Each query runs without and
 * with each option in turn, so that the ratios are of one run.
 *
 *     for set in classic_rock polimi2018; do
 *       npm run -s song2vec -- train --playlists $set.train.csv.gz --catalogue $set.songs.csv.gz \
 *         --data-dir /tmp/$set-tuned
 *     done
 *     npm run bench:options -- [--cases 500] /tmp/classic_rock-tuned /tmp/polimi2018-tuned …
 *
 * The name of each folder starts with the name of its data set, whose test playlists are the queries.
 */
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openVersions } from "../../../src/model/format/versions.ts";
import type { Filter } from "../../../src/recommend/catalogue/filter.ts";
import {
  type RecommendationResult,
  createRecommender,
  type RecommendationQuery,
  type Recommender,
} from "../../../src/recommend/query/recommender.ts";
import { createRandom, integerBelow } from "../../../src/word2vec/random.ts";
import { type Case, readCases } from "../quality/cases.ts";
import { describeMachine } from "../machine.ts";
import { cell, printTable, type Row } from "../table.ts";
import { loadNewest } from "../../../src/model/loading/load.ts";

interface Option extends Partial<RecommendationQuery> {
  readonly name: string;
  readonly filter?: Filter;
  readonly explain?: boolean;
  /** Whether the option changes the meaning of the query, so that quality is not comparable. */
  readonly isOther?: boolean;
}

interface Sums {
  ndcg: number;
  readonly milliseconds: number[];
  readonly plain: number[];
  percentile: number;
  alike: number;
  artists: number;
  items: number;
}

const depth = 10;
const gain = (place: number) => 1 / Math.log2(place + 2);
/** Folder of the test playlists, which are not part of the project. */
const dataFile = (name: string) => fileURLToPath(new URL(`../../../../shared/data/${name}`, import.meta.url));
const { values, positionals } = parseArgs({
  options: { cases: { type: "string", default: "500" } },
  allowPositionals: true,
});
console.log(describeMachine());

for (const folder of positionals) {
  const name = basename(folder).split("-")[0] ?? "";
  const model = await loadNewest(await openVersions(join(folder, "models")));
  if (!model) throw new RangeError(`no model in ${folder}`);
  const recommender = await createRecommender(model);
  const continues = name === "polimi2018" ? dataFile(`${name}.train.csv.gz`) : undefined;
  const cases = readCases(
    dataFile(`${name}.test.csv.gz`),
    continues,
    Array.from(model.songs, ({ id }) => id),
    Number(values.cases),
  ).filter(({ query }) => query.length > 0);
  console.log(`\n${basename(folder)}: ${model.songs.length} songs, ${cases.length} queries`);
  printTable(await measure(recommender, cases));
  await recommender.close();
}

function optionsFor({ model }: Recommender): Option[] {
  const random = createRandom(1, 2, 3);
  const drawn = Array.from({ length: 1000 }, () => model.songs.at(integerBelow(model.songs.length, random))?.id ?? "");
  const artists = [...new Set(Array.from(model.songs, ({ artist }) => artist))].filter(
    (artist) => artist !== undefined,
  );
  const named: Option[] = [
    { name: "filter: -artist, the 5 most played", filter: { "-artist": artists.slice(0, 5) } },
    { name: "filter: artist, every other", filter: { artist: artists.filter((_, i) => i % 2 === 0) }, isOther: true },
    { name: "maxPerArtist 2", maxPerArtist: 2 },
    { name: "maxPerArtist 1", maxPerArtist: 1 },
    { name: "versions one", versions: "one" },
  ];
  return [
    { name: "none" },
    { name: "offset 90", offset: 90, isOther: true },
    { name: "candidates, 1,000", candidates: drawn, isOther: true },
    ...(artists.length > 0 ? named : []),
    { name: "minScore 0", minScore: 0 },
    ...[0.2, 0.4, 0.6, 0.8, 1].map((diversity) => ({ name: `diversity ${diversity}`, diversity })),
    ...[-1, -0.5, -0.25, 0.25, 0.5, 1].map((popularity) => ({ name: `popularity ${popularity}`, popularity })),
    { name: "explain", explain: true },
  ];
}

async function measure(recommender: Recommender, cases: readonly Case[]): Promise<Row[]> {
  const options = optionsFor(recommender);
  const sums = options.map((): Sums => ({
    ndcg: 0,
    milliseconds: [],
    plain: [],
    percentile: 0,
    alike: 0,
    artists: 0,
    items: 0,
  }));
  for (const [i, item] of [...cases.slice(0, 20), ...cases].entries()) {
    const isWarmUp = i < Math.min(20, cases.length);
    for (const [at, option] of options.entries()) {
      const sum = sums[at];
      const [, plain] = await run(recommender, item, { name: "none" });
      const [result, milliseconds] = await run(recommender, item, option);
      if (sum && !isWarmUp) add(sum, recommender, item, result, milliseconds, plain);
    }
  }
  const without = sums[0]?.ndcg ?? 0;
  return options.flatMap(({ name, isOther }, at) => {
    const sum = sums[at];
    if (!sum) return [];
    const { ndcg, milliseconds, plain, percentile, alike, artists, items } = sum;
    const comparable = (value: number) => (isOther ? undefined : value);
    return {
      option: name,
      "NDCG@10": cell(comparable(ndcg / cases.length), 4),
      "÷ without": cell(comparable(ndcg / without), 3),
      "median ms": cell(median(milliseconds), 2),
      "÷ without ": cell(median(milliseconds) / median(plain), 2),
      "popularity percentile": cell(percentile / items, 1),
      "mean cosine": cell(alike / cases.length, 3),
      "artists in 10": cell(artists / cases.length, 1),
    };
  });
}

async function run(
  recommender: Recommender,
  { queryRows }: Case,
  { filter, explain, name: _name, isOther: _other, ...option }: Option,
): Promise<[RecommendationResult, number]> {
  const songs = [...queryRows].map((row) => ({ songId: recommender.model.songs.at(row)?.id ?? "", weight: 1 }));
  const before = performance.now();
  const query: RecommendationQuery = {
    songs,
    limit: depth,
    strategy: "blend",
    ...option,
    ...(filter && { filteredOut: await recommender.filter(filter) }),
  };
  const result = await recommender.recommend(query);
  const explained = explain ? await recommender.explain(query, result) : result;
  return [explained, performance.now() - before];
}

function add(
  sum: Sums,
  recommender: Recommender,
  { truth, truthSongs }: Case,
  { items }: RecommendationResult,
  milliseconds: number,
  plain: number,
): void {
  const rows = items.map(({ songId }) => recommender.model.rows.get(songId) ?? -1);
  const ideal = Array.from({ length: Math.min(depth, truthSongs) }, (_, place) => gain(place)).reduce(
    (total, value) => total + value,
    0,
  );
  sum.ndcg += rows.reduce((total, row, place) => total + (truth.has(row) ? gain(place) : 0), 0) / ideal;
  sum.milliseconds.push(milliseconds);
  sum.plain.push(plain);
  for (const { songId } of items) sum.percentile += recommender.song(songId).popularityPercentile;
  sum.items += items.length;
  sum.alike += meanCosine(recommender, rows);
  sum.artists += new Set(items.map(({ artist, songId }) => artist ?? songId)).size;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** For each pair of the songs. */
function meanCosine({ model: { input, inverseNorms, stride } }: Recommender, rows: readonly number[]): number {
  if (!input || rows.length < 2) return 0;
  const cosine = (a: number, b: number) => {
    let dot = 0;
    for (let i = 0; i < stride; i++) dot += (input[a * stride + i] ?? 0) * (input[b * stride + i] ?? 0);
    return dot * (inverseNorms[a] ?? 0) * (inverseNorms[b] ?? 0);
  };
  const cosines = rows.flatMap((a, i) => rows.slice(i + 1).map((b) => cosine(a, b)));
  return cosines.reduce((total, value) => total + value, 0) / cosines.length;
}
