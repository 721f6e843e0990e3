import { corruptFile } from "../format/checked-file.ts";
import { displayPath } from "../format/inspect.ts";
import { type Manifest, vectorsFile } from "../format/manifest.ts";
import { readVectors } from "../format/rows.ts";
import { blockRows, type ModelMemory } from "../memory/layout.ts";
import { bindQuantise } from "../memory/quantise.ts";

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
    const { values, factors, sums } = quantised[matrix];
    const validRows = quantise(
      target.byteOffset,
      rows,
      stride,
      values.byteOffset + first * stride,
      factors.byteOffset + first * 4,
      sums.byteOffset + first * 4,
      matrix === "input" ? inverseNorms.byteOffset + first * 4 : 0,
    );
    if (validRows < rows)
      throw corruptFile(
        displayPath(folder, vectorsFile),
        `the ${matrix} vector of row ${first + validRows} is not finite`,
      );
  }
}
