import { allocateModel, viewModel } from "../../model/memory/layout.ts";
import { addIndex } from "../../model/format/write-model.ts";
import type { Manifest } from "../../model/format/manifest.ts";
import { readVectorsInto } from "../../model/loading/read-vectors.ts";
import { buildGraph } from "./graph-build.ts";
import { measureRecall } from "./graph-recall.ts";
import { loadScan } from "../vectors/scan.ts";

/** Links created per song; a song keeps at most twice as many. */
const m = 16;
/** Candidates for the links of a song. */
const efConstruction = 100;
const seed = 1;

/**
 * Builds the index of a stored model version from int8 vectors, and measures its recall. The result is the same for any
 * number of threads.
 *
 * @param folder the folder of the version
 * @returns the new manifest, or the given one if the index does not fit into 4 GiB
 */
export async function indexVersion(folder: string, manifest: Manifest, threads: number): Promise<Manifest> {
  const started = performance.now();
  const { songs, vectorSize } = manifest;
  const shape = { songs, vectorSize, outputVectors: false, exact: false, linksPerSong: 2 * m, nextSongs: null };
  const memory = allocateModel(shape);
  if (!memory) return manifest;
  const model = viewModel(memory, shape);
  const { graph } = model;
  if (!graph) throw new RangeError("model memory has no room for a graph");
  await readVectorsInto(model, folder, manifest);
  const scan = await loadScan();
  await buildGraph(model, shape, { kernel: scan.kernel, threads, efConstruction, seed });
  const { efSearch, recall } = measureRecall(model, scan.bind(memory), seed);
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
