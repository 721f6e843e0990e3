import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { createRandom, integerBelow } from "../../word2vec/random.ts";
import { layerSizes, noLink, indexInLayer } from "../../model/format/graph.ts";
import { type ModelMemory, type ModelShape, slotCount } from "../../model/memory/layout.ts";
import type { ScanKernel } from "../vectors/scan.ts";

/** What a thread is started with that helps to build a graph. */
export interface GraphThreadData {
  readonly memory: WebAssembly.Memory;
  readonly shape: ModelShape;
  readonly kernel: ScanKernel;
  readonly part: number;
  readonly parts: number;
}

/** What it is asked, one after the other: to find links for songs, or to link others back to them. */
export interface GraphStep {
  readonly step: "link" | "linkBack";
  /** The songs that enter the graph, by their places in the order. */
  readonly first: number;
  readonly end: number;
  /** The layers that there are by now. */
  readonly top: number;
  readonly last: number;
  /** Songs to choose links from. */
  readonly efConstruction: number;
}

export interface GraphOptions {
  readonly kernel: ScanKernel;
  readonly threads: number;
  readonly efConstruction: number;
  readonly seed: number;
}

/** Songs that enter at once are this share of those that are there, and of all, at most: they do not see each other. */
const maxBatchShareOfGraph = 1 / 8;
const maxBatchShareOfSongs = 1 / 50;

/**
 * Builds the graph of a memory that holds the vectors in bytes. Songs enter in batches: each finds its links in the graph
 * as it was before the batch, and then all get links back (as ParlayANN, Manohar et al. 2024, arXiv 2305.04359). So the graph is the same
 * however many threads there are. The songs of the upper layers enter first, and a layer is the graph as it was when it had
 * just the layer's songs.
 */
export async function buildGraph(
  index: ModelMemory,
  shape: ModelShape,
  { kernel, threads, efConstruction, seed }: GraphOptions,
): Promise<void> {
  const {
    graph,
    memory,
    slots: [{ rows: order }],
  } = index;
  if (!graph) throw new RangeError("a memory without room for a graph");
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

    /** Keeps the graph as a layer where it has just that layer's songs. */
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

/** Rows in the order in which they enter: those of the top layer, then of the next, each by its rows. */
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
  worker.on("exit", (code) => fail(new Error(`a thread that built the index ended with ${code}`)));
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
