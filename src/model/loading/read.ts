import { join } from "node:path";
import { buildTree } from "../../word2vec/huffman.ts";
import { type CheckedFile, damaged, openChecked, type OpenFile, type ReadableFile } from "../format/checked-file.ts";
import { makeModelCodes } from "../memory/codes.ts";
import { readGraph } from "../format/graph.ts";
import { nameIn } from "../format/inspect.ts";
import { allocateModel, type ModelMemory, type ModelShape, placeModel, type Quantised } from "../memory/layout.ts";
import {
  companionsFile,
  indexFile,
  type Manifest,
  manifestFile,
  playlistsFile,
  songsFile,
  untrainedFile,
  vectorsFile,
} from "../format/manifest.ts";
import type { Pace } from "../pace.ts";
import type { PlaylistIndex } from "../memory/playlist-index.ts";
import { readCompanions, readPlaylists, type StoredCompanions, type StoredPlaylists } from "../format/playlists.ts";
import { bindQuantise } from "../memory/quantise.ts";
import { readSafetensorsHeader } from "../format/safetensors.ts";
import { readSongs, type SongBytes } from "../format/songs.ts";

export interface ReadTask {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Whether vectors are kept as they are, where they fit. */
  readonly exact: boolean;
  /** Whether its index is read, where it has one and that fits. */
  readonly index: boolean;
}

/** What a model has besides vectors, in shared memory. */
export interface Tables {
  readonly songs: SongBytes;
  readonly untrained: SongBytes | null;
  readonly playlists: StoredPlaylists | null;
  readonly companions: StoredCompanions | null;
  /** null where that is left to whoever needs it. */
  readonly playlistIndex: PlaylistIndex | null;
}

/** All of a model that was read from its files and checked; all of it shared memory, so that threads can hand it on. */
export interface ModelParts extends Tables {
  readonly memory: WebAssembly.Memory;
  readonly shape: ModelShape;
  readonly hasTree: boolean;
}

/** Rows that are quantised without looking at the clock. */
const rowsASlice = 256;
/** Rows that are read before they are quantised. */
const rowsAChunk = 4096;

/** @throws MODEL_DAMAGED with the file named, or the reason of the pace's signal */
export async function readModel(task: ReadTask, pace: Pace): Promise<ModelParts> {
  const tables = await readTables(task, pace);
  const { memory, shape } = layOutModel(task);
  await readIndex(task, memory, shape, pace);
  await using file = await openFile(task, vectorsFile, pace);
  await readVectors(file, task.manifest, placeModel(memory, shape), pace);
  const parts = completeParts(task, memory, shape, tables);
  await makeModelCodes(parts, pace);
  return parts;
}

/** @throws MODEL_DAMAGED with the file named */
export async function readTables(task: ReadTask, pace: Pace): Promise<Tables> {
  const { files, songs, untrainedSongs } = task.manifest;
  await using file = await openFile(task, songsFile, pace);
  return {
    songs: await readSongs(file, songs, pace),
    untrained: await readAddition(untrainedFile, (addition) => readSongs(addition, untrainedSongs, pace)),
    playlists: await readAddition(playlistsFile, readPlaylists),
    companions: await readAddition(companionsFile, readCompanions),
    playlistIndex: null,
  };

  async function readAddition<T>(
    name: typeof untrainedFile | typeof playlistsFile | typeof companionsFile,
    read: (file: CheckedFile, songs: number) => Promise<T>,
  ): Promise<T | null> {
    if (!files[name]) return null;
    await using addition = await openFile(task, name, pace);
    return await read(addition, songs);
  }
}

/** @throws MODEL_DAMAGED with the file named */
export async function readIndex(
  task: Pick<ReadTask, "folder" | "manifest">,
  memory: WebAssembly.Memory,
  shape: ModelShape,
  pace: Pace,
): Promise<void> {
  const { graph } = placeModel(memory, shape);
  if (!graph) return;
  await using file = await openFile(task, indexFile, pace);
  await readGraph(file, graph, shape.songs);
}

/** Memory for a model, with exact vectors and the index where they are wanted and fit. @throws MODEL_DAMAGED where not even bytes fit */
export function layOutModel({ folder, manifest, exact, index }: ReadTask): {
  memory: WebAssembly.Memory;
  shape: ModelShape;
} {
  const { songs, vectorSize, outputVectors } = manifest;
  const linksEach = index && manifest.index && manifest.files[indexFile] ? 2 * manifest.index.m : 0;
  const shapes = [exact, false].flatMap((kept) =>
    [linksEach, 0].map((links) => ({ songs, vectorSize, outputVectors, exact: kept, linksEach: links })),
  );
  const [shape, memory] = shapes.map((one) => [one, allocateModel(one)] as const).find(([, found]) => found) ?? [];
  if (!shape || !memory)
    throw damaged(nameIn(folder, manifestFile), `${songs} vectors of ${vectorSize} do not fit into 4 GiB`);
  return { memory, shape };
}

/** Once everything was read. */
export function completeParts(
  { manifest }: ReadTask,
  memory: WebAssembly.Memory,
  shape: ModelShape,
  tables: Tables,
): ModelParts {
  const { songs, outputVectors, hyperparameters } = manifest;
  const hasTree = hyperparameters["hs"] === true && outputVectors && songs > 1;
  if (hasTree) layOutTree(tables.songs.counts, placeModel(memory, shape));
  return { ...tables, memory, shape, hasTree };
}

export function openFile(
  { folder, manifest }: Pick<ReadTask, "folder" | "manifest">,
  file: keyof Manifest["files"],
  pace: Pace,
): Promise<OpenFile> {
  const digest = manifest.files[file];
  if (!digest) throw new RangeError(`a model without ${file}`);
  return openChecked(join(folder, file), nameIn(folder, file), digest, pace);
}

/** Which turn leads to each song and to each inner node, and where each turn leads. */
function layOutTree(counts: Uint32Array, { ways, forks }: ModelMemory): void {
  const { parents, bits } = buildTree(counts);
  const root = parents.length - 1;
  for (let child = 0; child < root; child++) {
    const turn = 2 * (parents[child] ?? 0) + (bits[child] ?? 0);
    ways[child] = turn;
    forks[turn] = child;
  }
}

async function readVectors(file: CheckedFile, manifest: Manifest, place: ModelMemory, pace: Pace): Promise<void> {
  const { songs, vectorSize, outputVectors } = manifest;
  await readVectorsHeader(file, manifest);
  const { memory, stride, input, output, quantised, inverseNorms } = place;
  const quantise = await bindQuantise(memory);
  await readMatrix("input", input, quantised.input, inverseNorms.byteOffset);
  if (outputVectors) await readMatrix("output", output, quantised.output, 0);
  file.verify();

  /** Reads some rows, puts them where they belong, and quantises them there. */
  async function readMatrix(
    name: string,
    matrix: Float32Array | null,
    { bytes, factors, sums }: Quantised,
    norms: number,
  ): Promise<void> {
    const rowsAtOnce = matrix ? rowsAChunk : place.chunk.length / stride;
    for (let first = 0; first < songs; first += rowsAtOnce) {
      const rows = Math.min(rowsAtOnce, songs - first);
      const target = matrix
        ? matrix.subarray(first * stride, (first + rows) * stride)
        : place.chunk.subarray(0, rows * stride);
      await readRows(file, target, vectorSize, stride);
      for (let done = 0; done < rows; done += rowsASlice) {
        if (pace.isOver()) await pace.rest();
        const row = first + done;
        const some = Math.min(rowsASlice, rows - done);
        const sound = quantise(
          target.byteOffset + done * stride * 4,
          some,
          stride,
          bytes.byteOffset + row * stride,
          factors.byteOffset + row * 4,
          sums.byteOffset + row * 4,
          norms && norms + row * 4,
        );
        if (sound < some) throw damaged(file.name, `the ${name} vector of row ${row + sound} is not finite`);
      }
    }
  }
}

/**
 * Leaves the file at its input vectors, after which the output vectors follow where the model has them.
 * @throws MODEL_DAMAGED with the file named where it has anything else
 */
export async function readVectorsHeader(
  file: ReadableFile,
  { songs, vectorSize, outputVectors }: Pick<Manifest, "songs" | "vectorSize" | "outputVectors">,
): Promise<void> {
  const tensors = await readSafetensorsHeader(file);
  const expected = ["input", ...(outputVectors ? ["output"] : [])]
    .map((name) => `${name} F32 [${songs}, ${vectorSize}]`)
    .join(", ");
  const actual = tensors.map((tensor) => `${tensor.name} ${tensor.dtype} [${tensor.shape.join(", ")}]`).join(", ");
  if (actual !== expected) throw damaged(file.name, `it has ${actual} and should have ${expected}`);
}

/** Reads rows into the end of their place, and then moves each one, from the first, to where it belongs. */
async function readRows(file: CheckedFile, target: Float32Array, vectorSize: number, stride: number): Promise<void> {
  const rows = target.length / stride;
  const start = target.length - rows * vectorSize;
  await file.read(new Uint8Array(target.buffer, target.byteOffset + start * 4, rows * vectorSize * 4));
  if (start === 0) return;
  for (let row = 0; row < rows; row++) {
    const from = start + row * vectorSize;
    target.copyWithin(row * stride, from, from + vectorSize);
    target.fill(0, row * stride + vectorSize, (row + 1) * stride);
  }
}
