import { readFile } from 'node:fs/promises';

/** `typescript` is the twin of the other two, for where they are not built or this runtime lacks SIMD. */
export type ScanKernel = 'relaxed' | 'simd' | 'typescript';

/**
 * Writes the dot product of every row of a matrix with a query. All addresses are in bytes, 16-byte aligned.
 *
 * @param matrix address of f32 [rows, stride]; stride is a multiple of 16
 * @param query address of f32 [stride]
 * @param scores address of f32 [rows], written
 */
export type Scan = (matrix: number, rows: number, stride: number, query: number, scores: number) => void;

export interface ScanModule {
  readonly kernel: ScanKernel;
  /** The scan over one memory, which it shares with others. */
  bind(memory: WebAssembly.Memory): Scan;
}

let fastest: Promise<ScanModule> | undefined;

/** The fastest scan that this runtime has; compiled once. */
export function loadScan(): Promise<ScanModule> {
  fastest ??= firstOf('relaxed', 'simd');
  return fastest;
}

/** @throws where the variant is not built, or the runtime lacks its instructions */
export async function compileScan(kernel: ScanKernel): Promise<ScanModule> {
  if (kernel === 'typescript') return { kernel, bind: bindTypescript };
  const module = await WebAssembly.compile(await readFile(new URL(`./scan.${kernel}.wasm`, import.meta.url)));
  return { kernel, bind: (memory) => bindWasm(module, memory) };
}

async function firstOf(...kernels: readonly ScanKernel[]): Promise<ScanModule> {
  for (const kernel of kernels) {
    try {
      return await compileScan(kernel);
    } catch {
      continue;
    }
  }
  return compileScan('typescript');
}

function bindWasm(module: WebAssembly.Module, memory: WebAssembly.Memory): Scan {
  const { scan } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  if (typeof scan !== 'function') throw new TypeError('this WebAssembly module has no scan');
  return (matrix, rows, stride, query, scores) => void scan(matrix, rows, stride, query, scores);
}

function bindTypescript(memory: WebAssembly.Memory): Scan {
  const values = new Float32Array(memory.buffer);
  return (matrix, rows, stride, query, scores) => {
    for (let row = 0, at = matrix / 4; row < rows; row++, at += stride) {
      let sum = 0;
      for (let i = 0; i < stride; i++) sum += (values[at + i] ?? 0) * (values[query / 4 + i] ?? 0);
      values[scores / 4 + row] = sum;
    }
  };
}
