import { readSync } from "node:fs";
import { availableParallelism } from "node:os";
import { damaged, namingNow } from "../format/checked-file.ts";
import { nameIn } from "../format/inspect.ts";
import { blockRows, mostReaders, type ModelShape, placeModel, strideOf } from "../memory/layout.ts";
import { type Manifest, vectorsFile } from "../format/manifest.ts";
import type { Pace } from "../pace.ts";
import { bindQuantise } from "../memory/quantise.ts";
import {
  completeParts,
  layOutModel,
  type ModelParts,
  openFile,
  type ReadTask,
  readVectorsHeader,
  type Tables,
} from "./read.ts";
import { awaitBlock, awaitRoom, createRing, fill, placeOfBlock, releaseBlock, type Ring, takeBlock } from "./ring.ts";

/** What a thread is told that reads vectors. */
export interface RowsTask extends Pick<ReadTask, "folder" | "manifest"> {
  readonly memory: WebAssembly.Memory;
  readonly shape: ModelShape;
  readonly ring: Ring;
  /** Of the vectors' file, which another thread holds open. */
  readonly descriptor: number;
  /** Where the vectors start in it. */
  readonly start: number;
  /** The number of this thread. */
  readonly reader: number;
}

/** What a thread is told that reads the index. */
export type IndexTask = Pick<RowsTask, "folder" | "manifest" | "memory" | "shape">;

/** Work of another thread, which can be ended. */
export interface Apart<T> {
  readonly outcome: Promise<T>;
  end(): Promise<unknown>;
}

export interface Helpers {
  tables(task: ReadTask): Apart<Tables>;
  rows(task: RowsTask): Apart<void>;
  index(task: IndexTask): Apart<void>;
}

/** Bytes of vectors for which a further thread is worth its start. */
const bytesAReader = 8 << 20;

/**
 * Reads a model as `readModel` does but for its codes, with the help of threads: some read vectors and quantise them, while this one
 * hashes what they read, and others read the rest.
 *
 * @param mostHelping threads that read vectors, at most 4
 * @throws MODEL_DAMAGED with the file named
 */
export async function readModelApart(
  task: ReadTask,
  pace: Pace,
  helpers: Helpers,
  mostHelping = mostReaders,
): Promise<ModelParts> {
  const { folder, manifest } = task;
  const { memory, shape } = layOutModel(task);
  const helping: Apart<unknown>[] = [];
  await using file = await openFile(task, vectorsFile, pace);
  try {
    const tables = helpers.tables(task);
    helping.push(tables);
    if (shape.linksEach > 0) helping.push(helpers.index({ folder, manifest, memory, shape }));
    await readVectorsHeader(file, manifest);
    const blocks = blocksOf(manifest);
    const ring = createRing(blocks.bytes);
    const start = file.size - blocks.inAll;
    const count = Math.min(mostHelping, availableParallelism(), Math.ceil(blocks.inAll / bytesAReader));
    for (let reader = 0; reader < count; reader++)
      helping.push(helpers.rows({ folder, manifest, memory, shape, ring, descriptor: file.descriptor, start, reader }));
    const hash = async () => {
      for (let block = 0; block < blocks.count; block++) {
        await awaitBlock(ring, block);
        file.pass(placeOfBlock(ring, block, blocks.at(block).bytes));
        releaseBlock(ring, block);
      }
      file.verify();
    };
    await Promise.all([hash(), ...helping.map(({ outcome }) => outcome)]);
    return completeParts(task, memory, shape, await tables.outcome);
  } finally {
    for (const helper of helping) {
      helper.outcome.catch(() => {}); // one reason is enough
      await helper.end();
    }
  }
}

/** For a thread: reads blocks of vectors until there are none left. */
export async function readBlocks({
  folder,
  manifest,
  memory,
  shape,
  ring,
  descriptor,
  start,
  reader,
}: RowsTask): Promise<void> {
  const { vectorSize } = manifest;
  const name = nameIn(folder, vectorsFile);
  const place = placeModel(memory, shape);
  const quantise = await bindQuantise(memory);
  const blocks = blocksOf(manifest);
  const { stride } = place;
  const ownChunk = place.chunk.subarray(reader * blocks.rows * stride, (reader + 1) * blocks.rows * stride);

  for (let block = takeBlock(ring); block < blocks.count; block = takeBlock(ring)) {
    const { matrix, first, rows, offset, bytes: length } = blocks.at(block);
    const raw = placeOfBlock(ring, block, length);
    awaitRoom(ring, block);
    readFully(raw, start + offset);
    fill(ring, block);
    const target =
      place[matrix]?.subarray(first * stride, (first + rows) * stride) ?? ownChunk.subarray(0, rows * stride);
    spread(new Float32Array(raw.buffer, raw.byteOffset, rows * vectorSize), target, vectorSize, stride);
    releaseBlock(ring, block);
    const { bytes, factors, sums } = place.quantised[matrix];
    const norms = matrix === "input" ? place.inverseNorms.byteOffset + first * 4 : 0;
    const sound = quantise(
      target.byteOffset,
      rows,
      stride,
      bytes.byteOffset + first * stride,
      factors.byteOffset + first * 4,
      sums.byteOffset + first * 4,
      norms,
    );
    if (sound < rows) throw damaged(name, `the ${matrix} vector of row ${first + sound} is not finite`);
  }

  function readFully(target: Uint8Array, position: number): void {
    for (let done = 0; done < target.length;) {
      const read = namingNow(name, () => readSync(descriptor, target, done, target.length - done, position + done));
      if (read === 0) throw damaged(name, `it ends after ${position + done} bytes`);
      done += read;
    }
  }
}

/** The blocks that the vectors are read in, the input vectors first. */
function blocksOf({ songs, vectorSize, outputVectors }: Manifest) {
  const rows = blockRows(songs, strideOf(vectorSize));
  const each = Math.ceil(songs / rows);
  const rowBytes = vectorSize * 4;
  return {
    rows,
    bytes: rows * rowBytes,
    count: outputVectors ? 2 * each : each,
    inAll: songs * rowBytes * (outputVectors ? 2 : 1),
    at(block: number) {
      const matrix: "input" | "output" = block < each ? "input" : "output";
      const first = (block % each) * rows;
      const some = Math.min(rows, songs - first);
      return {
        matrix,
        first,
        rows: some,
        offset: ((matrix === "input" ? 0 : songs) + first) * rowBytes,
        bytes: some * rowBytes,
      };
    },
  };
}

/** Puts rows where they belong; what is between them is zero. */
function spread(rows: Float32Array, target: Float32Array, vectorSize: number, stride: number): void {
  if (stride === vectorSize) {
    target.set(rows);
    return;
  }
  for (let from = 0, to = 0; from < rows.length; from += vectorSize, to += stride) {
    target.set(rows.subarray(from, from + vectorSize), to);
    target.fill(0, to + vectorSize, to + stride);
  }
}
