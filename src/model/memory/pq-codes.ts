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

/** Blocks of rows in the training sample, evenly spread. */
const sampleBlocks = 64;
const iterations = 8;

/** Computes the PQ codes of a loaded model. Other threads may search it meanwhile. */
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
  // the output vectors of a tree are traversed, not scanned
  if (!hasTree) computePqCodes(quantised.output, shape.vectorSize, encode);
}

/**
 * Computes centroids by k-means over a sample of rows, then the code of each row, see `encode`.
 *
 * @param vectorSize dimensions without the padding of the stride
 */
export function computePqCodes({ values, factors, codes }: Quantised, vectorSize: number, encode: Encode): void {
  if (!codes) return;
  const rows = factors.length;
  const stride = values.length / rows;
  const blocks = Math.ceil(rows / codeBlockRows);
  const blockBytes = codes.bytes.length / blocks;
  const encodeBlocks = (block: number, count: number): number => {
    const first = block * codeBlockRows;
    const rowCount = Math.min(rows - first, count * codeBlockRows);
    return encode(
      values.byteOffset + first * stride,
      factors.byteOffset + first * 4,
      rowCount,
      stride,
      codes.mean.byteOffset,
      codes.codebook.byteOffset,
      codes.halfSquaredNorms.byteOffset,
      codes.bytes.byteOffset + block * blockBytes,
      codes.scales.byteOffset + first * 4,
    );
  };

  const count = Math.min(blocks, sampleBlocks);
  const sampledBlocks = Array.from({ length: count }, (_, i) => Math.floor((i * blocks) / count));
  const sampleRows = sampledBlocks.flatMap((block) =>
    Array.from({ length: Math.min(codeBlockRows, rows - block * codeBlockRows) }, (_, i) => block * codeBlockRows + i),
  );
  const vectors = dequantise(sampleRows, values, factors, stride);
  centerAndNormalise(vectors, codes.mean);
  initialiseCentroids(codes, vectors, stride);
  for (let i = 0; i < iterations; i++) {
    for (const block of sampledBlocks) encodeBlocks(block, 1);
    updateCentroids(codes, vectors, stride, sampleRows);
  }
  const squaredErrors = encodeBlocks(0, blocks);
  codes.errorDeviation[0] = Math.sqrt(squaredErrors / rows / Math.max(1, vectorSize - 1));
  Atomics.store(codes.ready, 0, 1);
}

/** @returns [rows, stride] */
function dequantise(rows: readonly number[], values: Int8Array, factors: Float32Array, stride: number): Float32Array {
  const vectors = new Float32Array(rows.length * stride);
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < stride; j++)
      vectors[i * stride + j] = (values[row * stride + j] as number) * (factors[row] as number);
  }
  return vectors;
}

/** Subtracts the mean of all vectors, then scales each to length 1. */
function centerAndNormalise(vectors: Float32Array, mean: Float32Array): void {
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

/** Initial centroids are vectors of the sample, evenly spread. */
function initialiseCentroids({ codebook, halfSquaredNorms }: PqCodes, vectors: Float32Array, stride: number): void {
  const count = vectors.length / stride;
  for (let centroid = 0; centroid < centroidsPerSubvector; centroid++) {
    const vector = Math.floor(((centroid + 0.5) * count) / centroidsPerSubvector);
    for (let i = 0; i < stride; i++)
      codebook[i * centroidsPerSubvector + centroid] = vectors[vector * stride + i] as number;
  }
  updateHalfSquaredNorms(codebook, halfSquaredNorms);
}

/** Moves each centroid to the mean of the vectors assigned to it, if there are any. */
function updateCentroids(
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
      const subvector = Math.floor(i / subvectorSize);
      const centroid = ((bytes[first + subvector * codeStride] as number) >> shift) & 15;
      const at = i * centroidsPerSubvector + centroid;
      sums[at] = (sums[at] as number) + (vectors[vector * stride + i] as number);
      if (i % subvectorSize === 0)
        counts[subvector * centroidsPerSubvector + centroid] =
          (counts[subvector * centroidsPerSubvector + centroid] as number) + 1;
    }
  }
  for (let at = 0; at < codebook.length; at++) {
    const subvector = Math.floor(at / (centroidsPerSubvector * subvectorSize));
    const assigned = counts[subvector * centroidsPerSubvector + (at % centroidsPerSubvector)] as number;
    if (assigned > 0) codebook[at] = (sums[at] as number) / assigned;
  }
  updateHalfSquaredNorms(codebook, halfSquaredNorms);
}

function updateHalfSquaredNorms(codebook: Float32Array, halfSquaredNorms: Float32Array): void {
  halfSquaredNorms.fill(0);
  for (let at = 0; at < codebook.length; at++) {
    const centroid =
      Math.floor(at / (centroidsPerSubvector * subvectorSize)) * centroidsPerSubvector + (at % centroidsPerSubvector);
    halfSquaredNorms[centroid] = (halfSquaredNorms[centroid] as number) + (codebook[at] as number) ** 2 / 2;
  }
}
