import { corruptFile } from "../format/checked-file.ts";
import { displayPath } from "../format/inspect.ts";
import { type Manifest, vectorsFile } from "../format/manifest.ts";
import { readVectors } from "../format/rows.ts";
import { blockRows, type ModelMemory } from "../memory/layout.ts";
import { bindQuantise } from "../memory/quantise.ts";

/**
 * Reads the vectors of a model into its memory, and quantises them; output vectors only where it has room for them.
 *
 * @throws MODEL_DAMAGED with the file named
 */
export async function readVectorsInto(place: ModelMemory, folder: string, manifest: Manifest): Promise<void> {
  const { songs, vectorSize } = manifest;
  const { stride, stagingRows, quantised, inverseNorms } = place;
  const quantise = await bindQuantise(place.memory);
  const matrices = quantised.output.factors.length > 0 ? (["input", "output"] as const) : (["input"] as const);
  const blocks = readVectors(folder, manifest, matrices, blockRows(songs, stride));
  for await (const { matrix, first, vectors } of blocks) {
    const rows = vectors.length / vectorSize;
    const target = place[matrix]?.subarray(first * stride, (first + rows) * stride) ?? stagingRows;
    for (let row = 0; row < rows; row++)
      target.set(vectors.subarray(row * vectorSize, (row + 1) * vectorSize), row * stride);
    const { values, factors, sums } = quantised[matrix];
    const valid = quantise(
      target.byteOffset,
      rows,
      stride,
      values.byteOffset + first * stride,
      factors.byteOffset + first * 4,
      sums.byteOffset + first * 4,
      matrix === "input" ? inverseNorms.byteOffset + first * 4 : 0,
    );
    if (valid < rows)
      throw corruptFile(displayPath(folder, vectorsFile), `the ${matrix} vector of row ${first + valid} is not finite`);
  }
}
