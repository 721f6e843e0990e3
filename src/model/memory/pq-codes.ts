import {
  centroidsPerSubvector,
  codeBlockRows,
  type PqCodes,
  codeStride,
  type ModelShape,
  subvectorSize,
  viewModel,
  locateCode,
  type Quantised,
} from "./layout.ts";
import { bindEncode, type Encode } from "./quantise.ts";

/** Blocks of rows that centroids are found by, evenly spread. */
const blocksToLearn = 64;
const rounds = 8;

/** Makes the codes of a model that is read, for what is scanned of it. Others may search it meanwhile. */
export async function computeModelPqCodes({
  memory,
  shape,
  hasTree,
}: {
  readonly memory: WebAssembly.Memory;
  readonly shape: ModelShape;
  readonly hasTree: boolean;
}): Promise<void> {
  const { quantised } = viewModel(memory, shape);
  const encode = await bindEncode(memory);
  computePqCodes(quantised.input, shape.vectorSize, encode);
  if (!hasTree) computePqCodes(quantised.output, shape.vectorSize, encode); // down a tree nothing is scanned
}

/**
 * Finds the centroids of a matrix in bytes, by k-means over some of its rows, and then the code of each row; see `encode`.
 * @param vectorSize dimensions of a row that are not always zero
 */
export function computePqCodes({ values, factors, codes }: Quantised, vectorSize: number, encode: Encode): void {
  if (!codes) return;
  const rows = factors.length;
  const stride = values.length / rows;
  const blocks = Math.ceil(rows / codeBlockRows);
  const blockBytes = codes.bytes.length / blocks;
  const encodeBlocks = (block: number, count: number): number => {
    const first = block * codeBlockRows;
    const some = Math.min(rows - first, count * codeBlockRows);
    return encode(
      values.byteOffset + first * stride,
      factors.byteOffset + first * 4,
      some,
      stride,
      codes.mean.byteOffset,
      codes.codebook.byteOffset,
      codes.halfSquaredNorms.byteOffset,
      codes.bytes.byteOffset + block * blockBytes,
      codes.scales.byteOffset + first * 4,
    );
  };

  const count = Math.min(blocks, blocksToLearn);
  const learned = Array.from({ length: count }, (_, i) => Math.floor((i * blocks) / count));
  const sample = learned.flatMap((block) =>
    Array.from({ length: Math.min(codeBlockRows, rows - block * codeBlockRows) }, (_, i) => block * codeBlockRows + i),
  );
  const vectors = rowsOf(sample, values, factors, stride);
  centre(vectors, codes.mean);
  startCentroids(codes, vectors, stride);
  for (let round = 0; round < rounds; round++) {
    for (const block of learned) encodeBlocks(block, 1);
    moveCentroids(codes, vectors, stride, sample);
  }
  const spread = encodeBlocks(0, blocks);
  codes.errorDeviation[0] = Math.sqrt(spread / rows / Math.max(1, vectorSize - 1));
  Atomics.store(codes.ready, 0, 1);
}

/** [rows, stride] */
function rowsOf(rows: readonly number[], bytes: Int8Array, factors: Float32Array, stride: number): Float32Array {
  const vectors = new Float32Array(rows.length * stride);
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < stride; j++)
      vectors[i * stride + j] = (bytes[row * stride + j] as number) * (factors[row] as number);
  }
  return vectors;
}

/** Takes their mean from vectors, and makes the rest as long as 1. */
function centre(vectors: Float32Array, mean: Float32Array): void {
  const stride = mean.length;
  mean.fill(0);
  for (let at = 0; at < vectors.length; at++)
    mean[at % stride] = (mean[at % stride] as number) + ((vectors[at] as number) * stride) / vectors.length;
  for (let start = 0; start < vectors.length; start += stride) {
    let squares = 0;
    for (let i = 0; i < stride; i++) {
      const value = (vectors[start + i] as number) - (mean[i] as number);
      vectors[start + i] = value;
      squares += value * value;
    }
    const inverse = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let i = 0; i < stride; i++) vectors[start + i] = (vectors[start + i] as number) * inverse;
  }
}

/** The centroids of each part are vectors of the sample, evenly spread. */
function startCentroids({ codebook, halfSquaredNorms }: PqCodes, vectors: Float32Array, stride: number): void {
  const count = vectors.length / stride;
  for (let centroid = 0; centroid < centroidsPerSubvector; centroid++) {
    const vector = Math.floor(((centroid + 0.5) * count) / centroidsPerSubvector);
    for (let i = 0; i < stride; i++)
      codebook[i * centroidsPerSubvector + centroid] = vectors[vector * stride + i] as number;
  }
  measureCentroids(codebook, halfSquaredNorms);
}

/** Each goes to the mean of the vectors that are nearest to it; one that has none stays. */
function moveCentroids(
  { bytes, codebook, halfSquaredNorms }: PqCodes,
  vectors: Float32Array,
  stride: number,
  rows: readonly number[],
): void {
  const sums = new Float32Array(codebook.length);
  const counts = new Uint32Array(halfSquaredNorms.length);
  for (const [vector, row] of rows.entries()) {
    const { at: first, shift } = locateCode(row, stride);
    for (let i = 0; i < stride; i++) {
      const part = Math.floor(i / subvectorSize);
      const centroid = ((bytes[first + part * codeStride] as number) >> shift) & 15;
      const at = i * centroidsPerSubvector + centroid;
      sums[at] = (sums[at] as number) + (vectors[vector * stride + i] as number);
      if (i % subvectorSize === 0)
        counts[part * centroidsPerSubvector + centroid] =
          (counts[part * centroidsPerSubvector + centroid] as number) + 1;
    }
  }
  for (let at = 0; at < codebook.length; at++) {
    const part = Math.floor(at / (centroidsPerSubvector * subvectorSize));
    const nearest = counts[part * centroidsPerSubvector + (at % centroidsPerSubvector)] as number;
    if (nearest > 0) codebook[at] = (sums[at] as number) / nearest;
  }
  measureCentroids(codebook, halfSquaredNorms);
}

function measureCentroids(codebook: Float32Array, halves: Float32Array): void {
  halves.fill(0);
  for (let at = 0; at < codebook.length; at++) {
    const centroid =
      Math.floor(at / (centroidsPerSubvector * subvectorSize)) * centroidsPerSubvector + (at % centroidsPerSubvector);
    halves[centroid] = (halves[centroid] as number) + (codebook[at] as number) ** 2 / 2;
  }
}
