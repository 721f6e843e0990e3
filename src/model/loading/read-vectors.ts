import { type CheckedFile, corruptFile } from "../format/checked-file.ts";
import { displayPath } from "../format/inspect.ts";
import { type Manifest, vectorsFile } from "../format/manifest.ts";
import { nextSongTensors } from "../format/next-songs.ts";
import { readVectors } from "../format/rows.ts";
import { expectTensors } from "../format/safetensors.ts";
import { blockRows, type ModelMemory, type Quantised } from "../memory/layout.ts";
import { bindQuantise, type Quantise } from "../memory/quantise.ts";

/**
 * Reads and quantises the vectors of a model; output vectors only if the memory has room for them.
 *
 * @throws MODEL_DAMAGED if a vector is not finite
 */
export async function readVectorsInto(modelMemory: ModelMemory, folder: string, manifest: Manifest): Promise<void> {
  const { songs, vectorSize } = manifest;
  const { stride, stagingRows, quantised, inverseNorms } = modelMemory;
  const quantise = await bindQuantise(modelMemory.memory);
  const matrices = quantised.output.factors.length > 0 ? (["input", "output"] as const) : (["input"] as const);
  const blocks = readVectors(folder, manifest, matrices, blockRows(songs, stride));
  for await (const { matrix, first, vectors } of blocks) {
    const rows = vectors.length / vectorSize;
    const target = modelMemory[matrix]?.subarray(first * stride, (first + rows) * stride) ?? stagingRows;
    for (let row = 0; row < rows; row++)
      target.set(vectors.subarray(row * vectorSize, (row + 1) * vectorSize), row * stride);
    const norms = matrix === "input" ? inverseNorms : null;
    const validRows = quantiseRows(quantise, target, rows, quantised[matrix], first, norms);
    if (validRows < rows)
      throw corruptFile(
        displayPath(folder, vectorsFile),
        `the ${matrix} vector of row ${first + validRows} is not finite`,
      );
  }
}

/**
 * Reads and quantises next-song vectors.
 *
 * @throws MODEL_DAMAGED if a value is not finite
 */
export async function readNextSongs(
  { memory, stagingRows, quantised: { nextSongs } }: ModelMemory,
  file: CheckedFile,
): Promise<void> {
  const { stride, inverseNorms, positions } = nextSongs;
  const songs = inverseNorms.length;
  await expectTensors(file, nextSongTensors(songs, { size: stride, positions: positions.length }));
  const quantise = await bindQuantise(memory);
  const rowsAtOnce = blockRows(songs, stride);
  for (let first = 0; first < songs; first += rowsAtOnce) {
    const rows = Math.min(rowsAtOnce, songs - first);
    await file.read(new Uint8Array(memory.buffer, stagingRows.byteOffset, rows * stride * 4));
    const validRows = quantiseRows(quantise, stagingRows, rows, nextSongs, first, inverseNorms);
    if (validRows < rows) throw corruptFile(file.name, `the vector of row ${first + validRows} is not finite`);
  }
  await file.read(new Uint8Array(memory.buffer, positions.byteOffset, positions.byteLength));
  if (!positions.every(Number.isFinite)) throw corruptFile(file.name, "a position weight is not finite");
  file.verify();
}

/** @param first row of the target @returns the first source row that is not finite, or `rows` */
function quantiseRows(
  quantise: Quantise,
  source: Float32Array,
  rows: number,
  { values, factors, sums, stride }: Quantised,
  first: number,
  inverseNorms: Float32Array | null,
): number {
  return quantise(
    source.byteOffset,
    rows,
    stride,
    values.byteOffset + first * stride,
    factors.byteOffset + first * 4,
    sums.byteOffset + first * 4,
    inverseNorms ? inverseNorms.byteOffset + first * 4 : 0,
  );
}
