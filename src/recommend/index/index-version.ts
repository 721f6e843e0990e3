import { allocateModel, viewModel } from "../../model/memory/layout.ts";
import { addIndex } from "../../model/format/write-model.ts";
import type { Manifest } from "../../model/format/manifest.ts";
import { readVectorsInto } from "../../model/loading/read-vectors.ts";
import { buildGraph } from "./graph-build.ts";
import { measureRecall } from "./graph-recall.ts";
import { loadScan } from "../vectors/scan.ts";

/** Links that a song is given; it keeps twice as many. */
const m = 16;
/** Songs that are looked at to find them. */
const efConstruction = 100;
const seed = 1;

/**
 * Adds an index to a version in a folder: builds it of the vectors in bytes, and measures what it finds. One seed gives the
 * same bytes, however many threads there are.
 *
 * @returns the new manifest, or the one given where the index does not fit into 4 GiB
 */
export async function indexVersion(folder: string, manifest: Manifest, threads: number): Promise<Manifest> {
  const started = performance.now();
  const { songs, vectorSize } = manifest;
  const shape = { songs, vectorSize, outputVectors: false, exact: false, linksPerSong: 2 * m };
  const memory = allocateModel(shape);
  if (!memory) return manifest;
  const place = viewModel(memory, shape);
  const { graph } = place;
  if (!graph) throw new RangeError("a memory without room for a graph");
  await readVectorsInto(place, folder, manifest);
  const scan = await loadScan();
  await buildGraph(place, shape, { kernel: scan.kernel, threads, efConstruction: efConstruction, seed });
  const { efSearch, recall } = measureRecall(place, scan.bind(memory), seed);
  const seconds = (performance.now() - started) / 1000;
  return addIndex(folder, manifest, graph, {
    kind: "hnsw",
    m,
    efConstruction,
    efSearch: efSearch,
    recallAt10: recall,
    seconds,
  });
}
