import { readFile } from "node:fs/promises";
import { centroidsAPart, codeStep, partSize, placeOfCode } from "./layout.ts";

/**
 * Makes rows of bytes, their factors, their sums and their inverse lengths of rows of floats; see assembly/quantise.ts. All addresses
 * are in bytes.
 *
 * @returns the first row that is not finite or longer than 1e18, or `rows`
 */
export type Quantise = (
  source: number,
  rows: number,
  stride: number,
  target: number,
  factors: number,
  sums: number,
  inverseNorms: number,
) => number;

/**
 * Makes the code of each row of bytes, from the start of a block of codes on; see assembly/encode.ts.
 *
 * @returns the sum of (1 − c²) / c² over the rows, with c the cosine of a row, less the mean, and its code
 */
export type Encode = (
  bytes: number,
  factors: number,
  rows: number,
  stride: number,
  mean: number,
  codebook: number,
  halves: number,
  codes: number,
  scales: number,
) => number;

/** Vectors this short count as zero, and longer than the other are refused: so no dot product or 1 / length overflows. */
const shortest = 1e-18;
export const longest = 1e18;

let module: Promise<WebAssembly.Module> | undefined;

/** With SIMD where it is built and this runtime has it. */
export async function bindQuantise(memory: WebAssembly.Memory): Promise<Quantise> {
  try {
    return await bindQuantiseSimd(memory);
  } catch {
    return bindQuantiseTypescript(memory);
  }
}

/** The same for codes. */
export async function bindEncode(memory: WebAssembly.Memory): Promise<Encode> {
  try {
    return await bindEncodeSimd(memory);
  } catch {
    return bindEncodeTypescript(memory);
  }
}

async function exportsOf(memory: WebAssembly.Memory): Promise<WebAssembly.Exports> {
  module ??= readFile(new URL("./quantise.simd.wasm", import.meta.url)).then((bytes) => WebAssembly.compile(bytes));
  return new WebAssembly.Instance(await module, { env: { memory } }).exports;
}

export async function bindEncodeSimd(memory: WebAssembly.Memory): Promise<Encode> {
  const { encode } = await exportsOf(memory);
  if (typeof encode !== "function") throw new TypeError("this WebAssembly module can not encode");
  return (bytes, factors, rows, stride, mean, codebook, halves, codes, scales) =>
    Number(encode(bytes, factors, rows, stride, mean, codebook, halves, codes, scales));
}

export async function bindQuantiseSimd(memory: WebAssembly.Memory): Promise<Quantise> {
  const { quantise } = await exportsOf(memory);
  if (typeof quantise !== "function") throw new TypeError("this WebAssembly module can not quantise");
  return (source, rows, stride, target, factors, sums, inverseNorms) =>
    Number(quantise(source, rows, stride, target, factors, sums, inverseNorms));
}

export function bindQuantiseTypescript(memory: WebAssembly.Memory): Quantise {
  const values = new Float32Array(memory.buffer);
  const bytes = new Int8Array(memory.buffer);
  const words = new Int32Array(memory.buffer);
  return (source, rows, stride, target, factors, sums, inverseNorms) => {
    for (let row = 0; row < rows; row++) {
      const from = source / 4 + row * stride;
      let largest = 0;
      let squares = 0;
      for (let i = 0; i < stride; i++) {
        const value = values[from + i] ?? 0;
        largest = Math.max(largest, Math.abs(value));
        squares += value * value;
      }
      const length = Math.sqrt(squares);
      if (!(length <= longest)) return row;
      const isZero = length < shortest;
      const factor = isZero ? 0 : largest / 127;
      values[factors / 4 + row] = inverseNorms && !isZero ? factor / length : factor;
      if (inverseNorms) values[inverseNorms / 4 + row] = isZero ? 0 : 1 / length;
      const scale = isZero ? 0 : Math.fround(127 / largest);
      let sum = 0;
      for (let i = 0; i < stride; i++) {
        const byte = roundToEven(Math.fround((values[from + i] ?? 0) * scale));
        bytes[target + row * stride + i] = byte;
        sum += byte;
      }
      words[sums / 4 + row] = sum;
    }
    return rows;
  };
}

/** Less of itself than this no row has in its code: what an estimate is divided by. */
const leastAlong = 0.25;

export function bindEncodeTypescript(memory: WebAssembly.Memory): Encode {
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
      const { at: first, shift } = placeOfCode(row, stride);
      let [along, squares] = [0, 0];
      for (let i = 0; i < stride; i += partSize) {
        const halvesAt = halves / 4 + (i / partSize) * centroidsAPart;
        let [nearest, least] = [0, Infinity];
        for (let centroid = 0; centroid < centroidsAPart; centroid++) {
          let distance = values[halvesAt + centroid] as number;
          for (let j = i; j < i + partSize; j++)
            distance -=
              (length > 0 ? (vector[j] as number) / length : 0) *
              (values[codebook / 4 + j * centroidsAPart + centroid] as number);
          if (distance < least) [nearest, least] = [centroid, distance];
        }
        along += (values[halvesAt + nearest] as number) - least;
        squares += 2 * (values[halvesAt + nearest] as number);
        const at = codes + first + (i / partSize) * codeStep;
        unsigned[at] = shift === 0 ? nearest : (unsigned[at] as number) | (nearest << shift);
      }
      const inCode = Math.max(along, leastAlong);
      values[scales / 4 + row] = length / inCode;
      if (length > 0) spread += Math.max(0, squares / inCode ** 2 - 1);
    }
    return spread;
  };
}

function roundToEven(value: number): number {
  const up = Math.round(value);
  return up - value === 0.5 && up % 2 !== 0 ? up - 1 : up;
}
