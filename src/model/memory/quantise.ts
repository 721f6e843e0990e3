import { bind, compile } from "../../word2vec/kernel/compile.ts";

/**
 * Converts rows of float32 to int8 vectors with factors, sums and inverse lengths, see assembly/quantise.ts. All
 * addresses are in bytes.
 *
 * @returns the first row that is not finite or longer than 1e18, or `rows` if all are valid
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
 * Computes the PQ codes of int8 vectors, from the start of a block of codes, see assembly/encode.ts.
 *
 * @returns the sum of (1 − c²) / c² over the rows, with c the cosine of row − mean and its code
 */
export type Encode = (
  values: number,
  factors: number,
  rows: number,
  stride: number,
  mean: number,
  codebook: number,
  halfSquaredNorms: number,
  codes: number,
  scales: number,
) => number;

/**
 * Longer vectors are rejected, and vectors shorter than 1e-18 count as zero, so that no product or 1 / length
 * overflows.
 */
export const maxNorm = 1e18;

let module: Promise<WebAssembly.Module> | undefined;

async function bindModule(memory: WebAssembly.Memory) {
  module ??= compile(new URL("./quantise.simd.wasm", import.meta.url));
  return bind<{ quantise: Quantise; encode: Encode }>(await module, memory, "quantise");
}

export async function bindQuantise(memory: WebAssembly.Memory): Promise<Quantise> {
  return (await bindModule(memory)).quantise;
}

export async function bindEncode(memory: WebAssembly.Memory): Promise<Encode> {
  return (await bindModule(memory)).encode;
}
