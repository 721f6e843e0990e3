import { join } from 'node:path';
import { buildTree } from '../word2vec/huffman.ts';
import { type CheckedFile, damaged, openChecked, type ReadableFile } from './checked-file.ts';
import { nameIn } from './inspect.ts';
import { allocateModel, type ModelMemory, type ModelShape, placeModel, type Quantised } from './layout.ts';
import { type Manifest, manifestFile, songsFile, vectorsFile } from './model.ts';
import type { Pace } from './pace.ts';
import { bindQuantise } from './quantise.ts';
import { readSafetensorsHeader } from './safetensors.ts';
import { readSongs, type SongBytes } from './songs.ts';

export interface ReadTask {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Whether vectors are kept as they are, where they fit. */
  readonly exact: boolean;
}

/** All of a model that was read from its files and checked; all of it shared memory, so that threads can hand it on. */
export interface ModelParts {
  readonly memory: WebAssembly.Memory;
  readonly shape: ModelShape;
  readonly songs: SongBytes;
  readonly hasTree: boolean;
}

/** Rows that are read before they are quantised. */
const rowsAChunk = 4096;
/** Rows that are quantised without looking at the clock. */
const rowsASlice = 256;

/**
 * @param songsElsewhere the table of the songs, where someone else reads it meanwhile
 * @throws MODEL_DAMAGED with the file named, or the reason of the pace's signal
 */
export async function readModel(task: ReadTask, pace: Pace, songsElsewhere?: Promise<SongBytes>): Promise<ModelParts> {
  const { folder, manifest, exact } = task;
  const { songs, vectorSize, outputVectors } = manifest;
  const early = songsElsewhere ? undefined : await readSongTable(task, pace);
  const shapes = [exact, false].map((kept) => ({ songs, vectorSize, outputVectors, exact: kept }));
  const [shape, memory] = shapes.map((one) => [one, allocateModel(one)] as const).find(([, found]) => found) ?? [];
  if (!shape || !memory) throw damaged(nameIn(folder, manifestFile), `${songs} vectors of ${vectorSize} do not fit into 4 GiB`);
  const place = placeModel(memory, shape);
  await using vectorsSource = await open(task, vectorsFile, pace);
  await readVectors(vectorsSource, manifest, place, pace);

  const table = early ?? (await songsElsewhere);
  if (!table) throw new RangeError('songs that nobody reads');
  const hasTree = manifest.hyperparameters['hs'] === true && outputVectors && songs > 1;
  if (hasTree) layOutTree(table.counts, place);
  return { memory, shape, songs: table, hasTree };
}

/** @throws MODEL_DAMAGED with the file named */
export async function readSongTable(task: ReadTask, pace: Pace): Promise<SongBytes> {
  await using file = await open(task, songsFile, pace);
  return await readSongs(file, task.manifest.songs, pace);
}

function open({ folder, manifest }: ReadTask, file: typeof songsFile | typeof vectorsFile, pace: Pace): Promise<CheckedFile> {
  return openChecked(join(folder, file), nameIn(folder, file), manifest.files[file], pace);
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
  await readMatrix('input', input, quantised.input, inverseNorms.byteOffset);
  if (outputVectors) await readMatrix('output', output, quantised.output, 0);
  file.verify();

  /** Reads some rows, puts them where they belong, and quantises them there. */
  async function readMatrix(name: string, matrix: Float32Array | null, { bytes, factors }: Quantised, norms: number): Promise<void> {
    const rowsAtOnce = matrix ? rowsAChunk : place.chunk.length / stride;
    for (let first = 0; first < songs; first += rowsAtOnce) {
      const rows = Math.min(rowsAtOnce, songs - first);
      const target = matrix ? matrix.subarray(first * stride, (first + rows) * stride) : place.chunk.subarray(0, rows * stride);
      await readRows(file, target, vectorSize, stride);
      for (let done = 0; done < rows; done += rowsASlice) {
        if (pace.isOver()) await pace.rest();
        const row = first + done;
        const some = Math.min(rowsASlice, rows - done);
        const sound = quantise(target.byteOffset + done * stride * 4, some, stride, bytes.byteOffset + row * stride, factors.byteOffset + row * 4, norms && norms + row * 4);
        if (sound < some) throw damaged(file.name, `the ${name} vector of row ${row + sound} is not finite`);
      }
    }
  }
}

/**
 * Leaves the file at its input vectors, after which the output vectors follow where the model has them.
 * @throws MODEL_DAMAGED with the file named where it has anything else
 */
export async function readVectorsHeader(file: ReadableFile, { songs, vectorSize, outputVectors }: Pick<Manifest, 'songs' | 'vectorSize' | 'outputVectors'>): Promise<void> {
  const tensors = await readSafetensorsHeader(file);
  const expected = ['input', ...(outputVectors ? ['output'] : [])].map((name) => `${name} F32 [${songs}, ${vectorSize}]`).join(', ');
  const actual = tensors.map((tensor) => `${tensor.name} ${tensor.dtype} [${tensor.shape.join(', ')}]`).join(', ');
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
