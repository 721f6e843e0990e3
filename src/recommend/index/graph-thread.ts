import { parentPort, workerData } from "node:worker_threads";
import { viewModel } from "../../model/memory/layout.ts";
import type { GraphStep, GraphThreadData } from "./graph-build.ts";
import { openGraph } from "./graph-search.ts";
import { compileScan } from "../vectors/scan.ts";

/** A thread that helps to build a graph: it takes rows by turns, and has a slot of its own. */
const { memory, shape, kernel: variant, part, parts }: GraphThreadData = workerData;
const place = viewModel(memory, shape);
const kernel = (await compileScan(variant)).bind(memory);
const graph = openGraph(place, kernel);
const [{ rows: order }] = place.slots;
const { queryInt16, visited, rows, rowScores, branchScores, heap } = place.slots[part + 1] ?? place.slots[0];

/** So many rows are a turn: few enough that all threads end at about the same time. */
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
