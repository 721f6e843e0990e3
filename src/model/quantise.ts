import { readFile } from 'node:fs/promises';

/**
 * Makes rows of bytes, their factors, their sums and their inverse lengths of rows of floats; see assembly/quantise.ts. All addresses
 * are in bytes.
 *
 * @returns the first row that is not finite or longer than 1e18, or `rows`
 */
export type Quantise = (source: number, rows: number, stride: number, target: number, factors: number, sums: number, inverseNorms: number) => number;

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

export async function bindQuantiseSimd(memory: WebAssembly.Memory): Promise<Quantise> {
  module ??= readFile(new URL('./quantise.simd.wasm', import.meta.url)).then((bytes) => WebAssembly.compile(bytes));
  const { quantise } = new WebAssembly.Instance(await module, { env: { memory } }).exports;
  if (typeof quantise !== 'function') throw new TypeError('this WebAssembly module can not quantise');
  return (source, rows, stride, target, factors, sums, inverseNorms) => Number(quantise(source, rows, stride, target, factors, sums, inverseNorms));
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

function roundToEven(value: number): number {
  const up = Math.round(value);
  return up - value === 0.5 && up % 2 !== 0 ? up - 1 : up;
}
