/**
 * Latency of one query on one thread: reading the memory once, the int8 scan alone, PQ codes with rescoring, the index,
 * the exact scan, and usearch's exact search and HNSW if it is installed.
 *
 * npm run bench:scan -- [--songs 5000,50000,500000 | --data-dir folder] [--dims 256] [--rounds 31] [--hnsw] --hnsw
 * builds an index of generated songs, and one by usearch; --data-dir takes an existing model with its index.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { main as compile } from "assemblyscript/asc";
import type { Model } from "../../../src/model/model.ts";
import { openVersions } from "../../../src/model/format/versions.ts";
import { createIndexSearch } from "../../../src/recommend/index/index-search.ts";
import { similarityQuery } from "../../../src/recommend/vectors/mean.ts";
import { loadScan } from "../../../src/recommend/vectors/scan.ts";
import { topK } from "../../../src/recommend/vectors/top-k.ts";
import { createVectorSearch } from "../../../src/recommend/vectors/vector-search.ts";
import { waitForPqCodes } from "./pq-codes.ts";
import { writeGeneratedModel } from "./generated-model.ts";
import { describeMachine } from "../machine.ts";
import { cell, printTable, type Row } from "../table.ts";
import { loadUsearch, type Usearch } from "./usearch.ts";
import { loadNewest } from "../../../src/model/loading/load.ts";

const { values } = parseArgs({
  options: {
    songs: { type: "string", default: "5000,50000,500000" },
    dims: { type: "string", default: "256" },
    rounds: { type: "string", default: "31" },
    hnsw: { type: "boolean", default: false },
    "data-dir": { type: "string" },
  },
});
const rounds = Number(values.rounds);
const none = new Set<number>();
type Task = [name: string, bytes: number, run: (query: Float32Array) => ArrayLike<number | bigint>];
console.log(describeMachine());
const scanModule = await loadScan();
const usearch = await loadUsearch();

if (values["data-dir"] !== undefined) await measure(await loadFrom(values["data-dir"]));
else
  for (const songs of values.songs.split(",").map(Number)) {
    const folder = mkdtempSync(join(tmpdir(), "song2vec-scan-"));
    await writeGeneratedModel(folder, songs, Number(values.dims), values.hnsw ? "hnsw" : "scan");
    const model = await loadFrom(folder);
    rmSync(folder, { recursive: true });
    await measure(model);
  }

async function loadFrom(folder: string): Promise<Model> {
  const model = await loadNewest(await openVersions(join(folder, "models")), { index: "hnsw" });
  if (!model) throw new Error(`no model in ${folder}`);
  return waitForPqCodes(model);
}

async function measure(model: Model): Promise<void> {
  const { vectorSize: dims } = model;
  const songs = model.songs.length;
  const kernel = scanModule.bind(model.memory);
  const search = createVectorSearch(model, kernel);
  const efSearch = model.manifest.index?.efSearch ?? 0;
  const byIndex = createIndexSearch(model, kernel, search.ranker, model.slots[0], efSearch);
  const { values: int8, factors, sums } = model.quantised.input;
  const [, slot = model.slots[0]] = model.slots;
  const bandwidth = await compileBandwidth(model.memory);
  const queries = Array.from({ length: rounds }, (_, i) =>
    similarityQuery(model, [{ row: (i * 7919) % songs, weight: 1 }]),
  );
  const exact = (query: Float32Array) => topK(search.scores("input", query), 10, none);
  const rows = Array.from({ length: songs }, (_, row) =>
    (model.input ?? new Float32Array()).slice(row * model.stride, (row + 1) * model.stride),
  );
  const index = values.hnsw && usearch ? buildIndex(usearch, rows, dims) : undefined;
  const flat = new Float32Array(songs * dims);
  for (const [row, vector] of rows.entries()) flat.set(vector, row * dims);

  const tasks: Task[] = [
    ["memory read once", songs * dims, () => [bandwidth(int8.byteOffset, int8.length)]],
    [
      "int8 scan, best 130",
      songs * dims,
      () => [
        kernel.nearestQuantised(
          int8.byteOffset,
          factors.byteOffset,
          sums.byteOffset,
          0,
          songs,
          model.stride,
          slot.queryUint7.byteOffset,
          1,
          slot.excluded.byteOffset,
          slot.heap.byteOffset,
          0,
          130,
        ),
      ],
    ],
    ["PQ codes and rescoring: 10 nearest", 0, (query) => search.nearest("input", query, 10, none).rows],
    ...(byIndex
      ? ([
          ["index: 10 nearest", 0, (query: Float32Array) => byIndex("input", query, 10, none)?.rows ?? []],
        ] satisfies Task[])
      : []),
    ["exact scan: 10 nearest", songs * dims * 4, exact],
    ...(usearch
      ? ([
          [
            "usearch exact: 10 nearest",
            songs * dims * 4,
            (query: Float32Array) => usearch.exactSearch(flat, query, dims, 10, "cos", 1).keys,
          ],
        ] satisfies Task[])
      : []),
    ...(index
      ? ([["usearch HNSW: 10 nearest", 0, (query: Float32Array) => index.search(query, 10, 1).keys]] satisfies Task[])
      : []),
  ];
  const times = tasks.map((): number[] => []);
  const found = tasks.map(() => 0);
  for (const query of queries) {
    const expected = [...exact(query)];
    for (const [at, [, , run]] of tasks.entries()) {
      const started = performance.now();
      const keys = Array.from(run(query), Number);
      times[at]?.push(performance.now() - started);
      found[at] = (found[at] ?? 0) + keys.filter((row) => expected.includes(row)).length / 10;
    }
  }
  const median = (at: number) => times[at]?.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
  const speed = (at: number) => (tasks[at]?.[1] ?? 0) / median(at) / 1e6;
  printTable(
    tasks.map(([task], at): Row => ({
      songs: cell(songs),
      task,
      "median ms": cell(median(at), 2),
      "best ms": cell(Math.min(...(times[at] ?? [])), 2),
      "GB/s": speed(at) > 0 ? cell(speed(at), 1) : "",
      "of the bandwidth": speed(at) > 0 ? `${cell((100 * speed(at)) / speed(0))} %` : "",
      "recall@10": at < 2 ? "" : cell((found[at] ?? 0) / rounds, 4),
    })),
  );
}

function buildIndex({ Index }: Usearch, rows: readonly Float32Array[], dims: number) {
  const started = performance.now();
  const index = new Index(dims, "cos", "i8", 16, 128, 64, false);
  for (let first = 0; first < rows.length; first += 10_000) {
    const some = rows.slice(first, first + 10_000);
    const matrix = new Float32Array(some.length * dims);
    for (const [i, row] of some.entries()) matrix.set(row, i * dims);
    index.add(
      BigUint64Array.from(some, (_, i) => BigInt(first + i)),
      matrix,
    );
  }
  console.log(`HNSW of ${rows.length} songs built in ${cell((performance.now() - started) / 1000, 1)} s`);
  return index;
}

async function compileBandwidth(memory: WebAssembly.Memory): Promise<(at: number, bytes: number) => number> {
  const folder = mkdtempSync(join(tmpdir(), "song2vec-bandwidth-"));
  const { error, stderr } = await compile([
    "bandwidth.ts",
    "--baseDir",
    join(import.meta.dirname, "assembly"),
    "--outFile",
    join(folder, "b.wasm"),
    "-O3",
    "--noAssert",
    "--runtime",
    "stub",
    "--enable",
    "simd,threads",
    "--importMemory",
    "--sharedMemory",
    "--initialMemory",
    "1",
    "--maximumMemory",
    "65536",
  ]);
  if (error) throw new Error(stderr.toString(), { cause: error });
  const { bandwidth } = new WebAssembly.Instance(await WebAssembly.compile(await readFile(join(folder, "b.wasm"))), {
    env: { memory },
  }).exports;
  rmSync(folder, { recursive: true });
  if (typeof bandwidth !== "function") throw new TypeError("no bandwidth");
  return (at, bytes) => Number(bandwidth(at, bytes));
}
