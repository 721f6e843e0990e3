import { centroidsPerSubvector, codeStride, subvectorSize, locateCode } from "../../../src/model/memory/layout.ts";
import type { Encode } from "../../../src/model/memory/quantise.ts";

/** Lower bound of the projection of a row on its code, which estimates are divided by. */
const minProjection = 0.25;

/** TypeScript reference implementation of assembly/encode.ts. */
export function bindEncodeReference(memory: WebAssembly.Memory): Encode {
  const values = new Float32Array(memory.buffer);
  const signed = new Int8Array(memory.buffer);
  const unsigned = new Uint8Array(memory.buffer);
  return (int8, factors, rows, stride, mean, codebook, halfSquaredNorms, codes, scales) => {
    let squaredErrors = 0;
    for (let row = 0; row < rows; row++) {
      const factor = values[factors / 4 + row] as number;
      const vector = Array.from(
        signed.subarray(int8 + row * stride, int8 + (row + 1) * stride),
        (byte, i) => byte * factor - (values[mean / 4 + i] as number),
      );
      const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
      const { at: first, shift } = locateCode(row, stride);
      let [projection, squares] = [0, 0];
      for (let i = 0; i < stride; i += subvectorSize) {
        const normsAt = halfSquaredNorms / 4 + (i / subvectorSize) * centroidsPerSubvector;
        let [nearest, least] = [0, Infinity];
        for (let centroid = 0; centroid < centroidsPerSubvector; centroid++) {
          let distance = values[normsAt + centroid] as number;
          for (let j = i; j < i + subvectorSize; j++)
            distance -=
              (length > 0 ? (vector[j] as number) / length : 0) *
              (values[codebook / 4 + j * centroidsPerSubvector + centroid] as number);
          if (distance < least) [nearest, least] = [centroid, distance];
        }
        projection += (values[normsAt + nearest] as number) - least;
        squares += 2 * (values[normsAt + nearest] as number);
        const at = codes + first + (i / subvectorSize) * codeStride;
        unsigned[at] = shift === 0 ? nearest : (unsigned[at] as number) | (nearest << shift);
      }
      const divisor = Math.max(projection, minProjection);
      values[scales / 4 + row] = length / divisor;
      if (length > 0) squaredErrors += Math.max(0, squares / divisor ** 2 - 1);
    }
    return squaredErrors;
  };
}
