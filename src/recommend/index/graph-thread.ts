import { parentPort, workerData } from "node:worker_threads";
import { viewModel } from "../../model/memory/layout.ts";
import type { GraphStep, GraphThreadData } from "./graph-build.ts";
import { openGraph } from "./graph-search.ts";
import { compileScan } from "../vectors/scan.ts";

/** A thread that builds a graph together with others. It has its own slot and processes every n-th chunk of rows. */
const { memory, shape, kernel: variant, part, parts }: GraphThreadData = workerData;
const model = viewModel(memory, shape);
const kernel = (await compileScan(variant)).bind(memory);
const graph = openGraph(model, kernel);
const [{ rows: order }] = model.slots;
const { queryInt16, visited, rows, rowScores, branchScores, heap } = model.slots[part + 1] ?? model.slots[0];

/** Small enough that all threads end at about the same time. */
const rowsPerChunk = 64;

parentPort?.on("message", ({ step, first, end, top, last, efConstruction }: GraphStep) => {
  if (step === "linkBack")
    kernel.linkBack(order.byteOffset + first * 4, end - first, part, parts, queryInt16.byteOffset, heap.byteOffset);
  else {
    for (let at = first + part * rowsPerChunk; at < end; at += parts * rowsPerChunk) {
      kernel.linkRows(
        order.byteOffset + at * 4,
        Math.min(rowsPerChunk, end - at),
        top,
        last,
        graph.entry,
        queryInt16.byteOffset,
        visited.byteOffset,
        rows.byteOffset,
        rowScores.byteOffset,
        branchScores.byteOffset,
        heap.byteOffset,
        efConstruction,
      );
    }
  }
  parentPort?.postMessage("done");
});
