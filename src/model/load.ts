import { join } from 'node:path';
import { buildTree } from '../word2vec/huffman.ts';
import { type CheckedFile, damaged, openChecked, type ReadableFile } from './checked-file.ts';
import { inspectModel, nameIn } from './inspect.ts';
import { allocateModel, type ModelMemory } from './layout.ts';
import { companionsFile, type Manifest, manifestFile, type Model, playlistsFile, songsFile, vectorsFile } from './model.ts';
import { createPace, type Pace } from './pace.ts';
import { readCompanions, readPlaylists } from './playlists.ts';
import { readSafetensorsHeader } from './safetensors.ts';
import { readSongs } from './songs.ts';

export interface LoadOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds after which loading lets the event loop turn. */
  readonly yieldEvery?: number;
}

/** Vectors this short count as zero, and longer than the other are refused: so no dot product or 1 / length overflows. */
const shortest = 1e-18;
export const longest = 1e18;

/**
 * Loads the model of a folder beside whatever else its thread does, and checks all of it first: no byte that differs
 * from what was written, and no value that is not finite, gets through.
 *
 * @throws MODEL_NOT_FOUND without the folder, MODEL_DAMAGED with the file named, the signal's reason when aborted
 */
export async function loadModel(folder: string, version: number, { signal, yieldEvery }: LoadOptions = {}): Promise<Model> {
  signal?.throwIfAborted();
  const pace = createPace(yieldEvery, signal);
  const manifest = await inspectModel(folder);
  const open = (file: typeof songsFile | typeof vectorsFile) => openChecked(join(folder, file), nameIn(folder, file), manifest.files[file], pace);

  await using songsSource = await open(songsFile);
  const table = await readSongs(songsSource, manifest.songs, pace);

  const { songs, vectorSize, outputVectors } = manifest;
  const place = allocateModel(songs, vectorSize, outputVectors);
  if (!place) throw damaged(nameIn(folder, manifestFile), `${songs} vectors of ${vectorSize} do not fit into 4 GiB`);
  await using vectorsSource = await open(vectorsFile);
  await readVectors(vectorsSource, manifest, place, pace);
  await measure(place, songs, vectorsSource.name, pace);

  const { query, scores, ...vectors } = place;
  const tree = manifest.hyperparameters['hs'] === true && outputVectors && songs > 1 ? buildTree(table.counts) : null;
  const playlists = await readAddition(playlistsFile, readPlaylists);
  const companions = await readAddition(companionsFile, readCompanions);
  return { version, manifest, ...table, vectorSize, ...vectors, tree, scratch: { query, scores }, playlists, companions };

  async function readAddition<T>(name: typeof playlistsFile | typeof companionsFile, read: (file: CheckedFile, songs: number) => Promise<T>): Promise<T | null> {
    const digest = manifest.files[name];
    if (!digest) return null;
    await using file = await openChecked(join(folder, name), nameIn(folder, name), digest, pace);
    return await read(file, songs);
  }
}

async function readVectors(file: CheckedFile, manifest: Manifest, place: ModelMemory, pace: Pace): Promise<void> {
  await readVectorsHeader(file, manifest);
  for (const matrix of [place.input, place.output]) await readMatrix(file, matrix, manifest.vectorSize, place.stride, pace);
  file.verify();
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

/** Reads the rows into the end of their matrix, and then moves each one, from the first, to its place. */
async function readMatrix(file: CheckedFile, matrix: Float32Array, vectorSize: number, stride: number, pace: Pace): Promise<void> {
  const rows = matrix.length / stride;
  const start = matrix.length - rows * vectorSize;
  await file.read(new Uint8Array(matrix.buffer, matrix.byteOffset + start * 4, rows * vectorSize * 4));
  if (start === 0 || rows === 0) return;
  for (let row = 0; row < rows; row++) {
    if (row % 64 === 0 && pace.isOver()) await pace.rest();
    const from = start + row * vectorSize;
    matrix.copyWithin(row * stride, from, from + vectorSize);
    matrix.fill(0, row * stride + vectorSize, (row + 1) * stride);
  }
}

async function measure({ input, output, inverseNorms, stride }: ModelMemory, songs: number, file: string, pace: Pace): Promise<void> {
  const hasOutput = output.length > 0;
  for (let row = 0; row < songs; row++) {
    if (row % 64 === 0 && pace.isOver()) await pace.rest();
    const length = rowLength(input, row * stride, stride);
    if (!(length <= longest)) throw damaged(file, `the input vector of row ${row} is not finite`);
    if (hasOutput && !(rowLength(output, row * stride, stride) <= longest)) throw damaged(file, `the output vector of row ${row} is not finite`);
    inverseNorms[row] = length < shortest ? 0 : 1 / length;
  }
}

function rowLength(matrix: Float32Array, start: number, stride: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = start; i < start + stride; i += 4) {
    a += (matrix[i] ?? 0) ** 2;
    b += (matrix[i + 1] ?? 0) ** 2;
    c += (matrix[i + 2] ?? 0) ** 2;
    d += (matrix[i + 3] ?? 0) ** 2;
  }
  return Math.sqrt(a + b + c + d);
}
