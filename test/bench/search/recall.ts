/**
 * Recall@10 of scans with rescoring, of int8 vectors only, and of the index of a version that has one (trained with
 * --index hnsw), against the exact scan.
 *
 * for set in classic_rock polimi2018 nowplaying; do npm run -s song2vec -- train --playlists $set.train.csv.gz
 * --data-dir /tmp/$set-tuned; done npm run bench:recall -- /tmp/classic_rock-tuned /tmp/polimi2018-tuned …
 *
 * The name of each folder starts with the name of its data set, whose test playlists are the queries.
 */
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadNewest, type LoadOptions } from "../../../src/model/loading/load.ts";
import { openVersions } from "../../../src/model/format/versions.ts";
import { contextQuery, similarityQuery } from "../../../src/recommend/vectors/mean.ts";
import { loadScan } from "../../../src/recommend/vectors/scan.ts";
import { createIndexSearch } from "../../../src/recommend/index/index-search.ts";
import { topK } from "../../../src/recommend/vectors/top-k.ts";
import { createVectorSearch } from "../../../src/recommend/vectors/vector-search.ts";
import { type Case, readCases } from "../quality/cases.ts";
import { waitForPqCodes } from "./pq-codes.ts";
import { cell, printTable, type Row } from "../table.ts";

/** Test playlists, which are not part of the project. */
const dataFile = (name: string) => fileURLToPath(new URL(`../../../../shared/data/${name}`, import.meta.url));
const { values, positionals } = parseArgs({
  options: { cases: { type: "string", default: "2000" } },
  allowPositionals: true,
});
const depth = 10;
const gain = (index: number) => 1 / Math.log2(index + 2);
const table: Row[] = [];

for (const folder of positionals) {
  const name = basename(folder).split("-")[0] ?? "";
  const versions = await openVersions(join(folder, "models"));
  const [exact, int8, index] = [
    await searchOf({}),
    await searchOf({ exact: false }),
    await searchOf({ index: "hnsw" }),
  ];
  const continues = name === "polimi2018" ? dataFile(`${name}.train.csv.gz`) : undefined;
  const cases = readCases(
    dataFile(`${name}.test.csv.gz`),
    continues,
    Array.from(exact.model.songs, ({ id }) => id),
    Number(values.cases),
  ).filter(({ query }) => query.length > 0);
  for (const [strategy, matrix, queryOf] of [
    ["similarity", "input", similarityQuery],
    ["context", "output", contextQuery],
  ] as const) {
    const sums = {
      same: 0,
      sameInt8: 0,
      sameIndex: 0,
      differs: 0,
      ndcg: 0,
      ndcgInt8: 0,
      ndcgIndex: 0,
      scan: 0,
      exactScan: 0,
      index: 0,
    };
    for (const item of cases) {
      const terms = item.query.map((row) => ({ row, weight: 1 }));
      const query = queryOf(exact.model, terms);
      const before = performance.now();
      const expected = topK(exact.scores(matrix, query), depth, item.queryRows);
      const between = performance.now();
      const { rows } = exact.nearest(matrix, query, depth, item.queryRows);
      sums.scan += performance.now() - between;
      sums.exactScan += between - before;
      const { rows: int8Rows } = int8.nearest(matrix, queryOf(int8.model, terms), depth, item.queryRows);
      sums.same += countShared(expected, rows);
      sums.sameInt8 += countShared(expected, int8Rows);
      const then = performance.now();
      const { rows: indexRows } =
        index.byIndex?.(matrix, query, depth, item.queryRows) ?? index.nearest(matrix, query, depth, item.queryRows);
      sums.index += performance.now() - then;
      sums.sameIndex += countShared(expected, indexRows);
      sums.ndcgIndex += ndcg(item, indexRows);
      if (expected.join() !== rows.join()) sums.differs += 1;
      sums.ndcg += ndcg(item, expected);
      sums.ndcgInt8 += ndcg(item, int8Rows);
    }
    const each = (sum: number) => sum / cases.length;
    const ofIndex = (sum: number) => (index.model.graph && matrix === "input" ? each(sum) : undefined);
    table.push({
      model: basename(folder),
      songs: cell(exact.model.songs.length),
      strategy,
      queries: cell(cases.length),
      "recall@10": cell(each(sums.same), 5),
      "other order": cell(sums.differs),
      "exact scan ms": cell(each(sums.exactScan), 2),
      "quantised ms": cell(each(sums.scan), 2),
      "recall@10 int8 only": cell(each(sums.sameInt8), 4),
      "NDCG@10": cell(each(sums.ndcg), 4),
      "NDCG@10 int8 only": cell(each(sums.ndcgInt8), 4),
      "index ms": cell(ofIndex(sums.index), 2),
      "recall@10 index": cell(ofIndex(sums.sameIndex), 4),
      "NDCG@10 index": cell(ofIndex(sums.ndcgIndex), 4),
    });
  }

  async function searchOf(options: LoadOptions) {
    const newest = await loadNewest(versions, options);
    if (!newest) throw new RangeError(`no model in ${folder}`);
    const model = await waitForPqCodes(newest);
    const kernel = (await loadScan()).bind(model.memory);
    const search = createVectorSearch(model, kernel);
    const efSearch = model.manifest.index?.efSearch ?? 0;
    return { ...search, model, byIndex: createIndexSearch(model, kernel, search.ranker, model.slots[0], efSearch) };
  }
}
printTable(table);

function countShared(expected: Uint32Array, rows: Uint32Array): number {
  return rows.filter((row) => expected.includes(row)).length / Math.max(1, expected.length);
}

function ndcg({ truth, truthSongs }: Case, rows: Uint32Array): number {
  const found = [...rows.entries()].reduce((sum, [index, row]) => sum + (truth.has(row) ? gain(index) : 0), 0);
  const ideal = Array.from({ length: Math.min(depth, truthSongs) }, (_, index) => gain(index)).reduce(
    (sum, value) => sum + value,
    0,
  );
  return found / ideal;
}
