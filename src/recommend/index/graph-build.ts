import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { createRandom, integerBelow } from "../../word2vec/random.ts";
import { layerSizes, noLink, indexInLayer } from "../../model/format/graph.ts";
import { type ModelMemory, type ModelShape, slotCount } from "../../model/memory/layout.ts";
import type { ScanKernel } from "../vectors/scan.ts";

/** Worker data of a thread that builds a graph. */
export interface GraphThreadData {
  readonly memory: WebAssembly.Memory;
  readonly shape: ModelShape;
  readonly kernel: ScanKernel;
  readonly part: number;
  readonly parts: number;
}

/** A message to a thread: find links for songs, or add the links back to them. */
export interface GraphStep {
  readonly step: "link" | "linkBack";
  /** The range of inserted songs, as indices of the insertion order. */
  readonly first: number;
  readonly end: number;
  /** The layers that exist so far. */
  readonly top: number;
  readonly last: number;
  /** Candidates for the links of a song. */
  readonly efConstruction: number;
}

export interface GraphOptions {
  readonly kernel: ScanKernel;
  readonly threads: number;
  readonly efConstruction: number;
  readonly seed: number;
}

/** Songs of a batch do not get links to each other, so a batch is at most this share of the graph, and of all songs. */
const maxBatchShareOfGraph = 1 / 8;
const maxBatchShareOfSongs = 1 / 50;

/**
 * Builds the graph of a model from its int8 vectors. Songs are inserted in batches, as in ParlayANN (Manohar et al.
 * 2024, arXiv 2305.04359). Each song finds its links in the graph before the batch, and then all get links back. The
 * graph is therefore the same for any number of threads. The songs of the upper layers are inserted first, and a layer
 * is a copy of the graph when it had exactly the songs of the layer.
 *
 * @throws RangeError if the model's memory has no room for a graph
 */
export async function buildGraph(
  model: ModelMemory,
  shape: ModelShape,
  { kernel, threads, efConstruction, seed }: GraphOptions,
): Promise<void> {
  const {
    graph,
    memory,
    slots: [{ rows: order }],
  } = model;
  if (!graph) throw new RangeError("model memory has no room for a graph");
  const { songs, linksPerSong } = shape;
  const layers = layerSizes(songs);
  writeOrder(order, layers.length, seed);
  graph.links.fill(noLink);
  graph.upper.fill(noLink);
  graph.entry[0] = order[0] ?? 0;

  const parts = Math.min(threads, slotCount - 1);
  const workers = Array.from({ length: parts }, (_, part) => startThread({ memory, shape, kernel, part, parts }));
  try {
    let last = layers.length + 1;
    for (let inserted = copyLayers(1); inserted < songs;) {
      const end = Math.min(inserted + batchSize(inserted, songs), layers[last - 2] ?? songs);
      for (const step of ["link", "linkBack"] as const)
        await Promise.all(
          workers.map((thread) => thread.run({ step, first: inserted, end, top: layers.length, last, efConstruction })),
        );
      inserted = copyLayers(end);
    }

    /** Copies the graph to each layer with exactly this number of songs. */
    function copyLayers(size: number): number {
      while (last > 1 && layers[last - 2] === size) {
        last -= 1;
        const start = layers.slice(0, last - 1).reduce((sum, each) => sum + each, 0);
        for (const row of order.subarray(0, size))
          graph?.upper.set(
            graph.links.subarray(row * linksPerSong, (row + 1) * linksPerSong),
            (start + indexInLayer(last, row)) * linksPerSong,
          );
      }
      return size;
    }
  } finally {
    for (const thread of workers) await thread.end();
  }
}

function batchSize(inserted: number, songs: number): number {
  return Math.max(1, Math.floor(Math.min(inserted * maxBatchShareOfGraph, songs * maxBatchShareOfSongs)));
}

/** Writes the insertion order: the rows of the top layer, then of the next layers, each in ascending order. */
function writeOrder(order: Uint32Array, layers: number, seed: number): void {
  const random = createRandom(seed);
  const layerOf = new Uint8Array(order.length);
  let members = Uint32Array.from(order, (_, row) => row);
  for (let layer = 1; layer <= layers; layer++) {
    members = Uint32Array.from(
      { length: Math.floor(members.length / 16) },
      (_, index) => members[16 * index + integerBelow(16, random)] ?? 0,
    );
    for (const row of members) layerOf[row] = layer;
  }
  let size = 0;
  for (let layer = layers; layer >= 0; layer--) {
    for (let row = 0; row < layerOf.length; row++) if (layerOf[row] === layer) order[size++] = row;
  }
}

interface GraphThread {
  run(step: GraphStep): Promise<void>;
  end(): Promise<unknown>;
}

function startThread(workerData: GraphThreadData): GraphThread {
  const worker = new Worker(new URL(`./graph-thread${extname(import.meta.url)}`, import.meta.url), { workerData });
  let pending: PromiseWithResolvers<void> | undefined;
  let failure: Error | undefined;
  const fail = (error: Error) => {
    failure = error;
    pending?.reject(error);
  };
  worker.on("message", () => pending?.resolve());
  worker.on("error", fail);
  worker.on("exit", (code) => fail(new Error(`index thread exited with code ${code}`)));
  return {
    run(step) {
      if (failure) throw failure;
      pending = Promise.withResolvers();
      worker.postMessage(step);
      return pending.promise;
    },
    end: () => worker.terminate(),
  };
}
