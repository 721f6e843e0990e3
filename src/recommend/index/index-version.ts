import { damaged } from "../../model/format/checked-file.ts";
import { allocateModel, type ModelMemory, placeModel } from "../../model/memory/layout.ts";
import { addIndex } from "../../model/format/write-model.ts";
import { type Manifest, vectorsFile } from "../../model/format/manifest.ts";
import { createPace } from "../../model/pace.ts";
import { bindQuantise } from "../../model/memory/quantise.ts";
import { readInputVectors } from "../../model/format/rows.ts";
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
  const shape = { songs, vectorSize, outputVectors: false, exact: false, linksEach: 2 * m };
  const memory = allocateModel(shape);
  if (!memory) return manifest;
  const place = placeModel(memory, shape);
  const { graph } = place;
  if (!graph) throw new RangeError("a memory without room for a graph");
  await readInBytes(folder, manifest, place);
  const scan = await loadScan();
  await buildGraph(place, shape, { kernel: scan.kernel, threads, breadth: efConstruction, seed });
  const { breadth, recall } = measureRecall(place, scan.bind(memory), seed);
  const seconds = (performance.now() - started) / 1000;
  return addIndex(folder, manifest, graph, {
    kind: "hnsw",
    m,
    efConstruction,
    efSearch: breadth,
    recallAt10: recall,
    seconds,
  });
}

async function readInBytes(
  folder: string,
  manifest: Manifest,
  {
    memory,
    stride,
    chunk,
    quantised: {
      input: { bytes, factors, sums },
    },
    inverseNorms,
  }: ModelMemory,
): Promise<void> {
  const { vectorSize } = manifest;
  const quantise = await bindQuantise(memory);
  for await (const { first, vectors } of readInputVectors(
    folder,
    manifest,
    chunk.length / stride,
    createPace(Number.POSITIVE_INFINITY),
  )) {
    const rows = vectors.length / vectorSize;
    for (let row = 0; row < rows; row++)
      chunk.set(vectors.subarray(row * vectorSize, (row + 1) * vectorSize), row * stride);
    const sound = quantise(
      chunk.byteOffset,
      rows,
      stride,
      bytes.byteOffset + first * stride,
      factors.byteOffset + first * 4,
      sums.byteOffset + first * 4,
      inverseNorms.byteOffset + first * 4,
    );
    if (sound < rows) throw damaged(vectorsFile, `the input vector of row ${first + sound} is not finite`);
  }
}
