import { centroidsPerSubvector, codeStride, subvectorSize, locateCode } from "../../../src/model/memory/layout.ts";
import type { Encode } from "../../../src/model/memory/quantise.ts";

/** Less of itself than this no row has in its code: what an estimate is divided by. */
const leastAlong = 0.25;

/** The plain TypeScript twin of assembly/encode.ts. */
export function bindEncodeReference(memory: WebAssembly.Memory): Encode {
  const values = new Float32Array(memory.buffer);
  const signed = new Int8Array(memory.buffer);
  const unsigned = new Uint8Array(memory.buffer);
  return (bytes, factors, rows, stride, mean, codebook, halves, codes, scales) => {
    let spread = 0;
    for (let row = 0; row < rows; row++) {
      const factor = values[factors / 4 + row] as number;
      const vector = Array.from(
        signed.subarray(bytes + row * stride, bytes + (row + 1) * stride),
        (byte, i) => byte * factor - (values[mean / 4 + i] as number),
      );
      const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
      const { at: first, shift } = locateCode(row, stride);
      let [along, squares] = [0, 0];
      for (let i = 0; i < stride; i += subvectorSize) {
        const halvesAt = halves / 4 + (i / subvectorSize) * centroidsPerSubvector;
        let [nearest, least] = [0, Infinity];
        for (let centroid = 0; centroid < centroidsPerSubvector; centroid++) {
          let distance = values[halvesAt + centroid] as number;
          for (let j = i; j < i + subvectorSize; j++)
            distance -=
              (length > 0 ? (vector[j] as number) / length : 0) *
              (values[codebook / 4 + j * centroidsPerSubvector + centroid] as number);
          if (distance < least) [nearest, least] = [centroid, distance];
        }
        along += (values[halvesAt + nearest] as number) - least;
        squares += 2 * (values[halvesAt + nearest] as number);
        const at = codes + first + (i / subvectorSize) * codeStride;
        unsigned[at] = shift === 0 ? nearest : (unsigned[at] as number) | (nearest << shift);
      }
      const inCode = Math.max(along, leastAlong);
      values[scales / 4 + row] = length / inCode;
      if (length > 0) spread += Math.max(0, squares / inCode ** 2 - 1);
    }
    return spread;
  };
}
