import { bind, compile } from "../../word2vec/kernel/compile.ts";

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

/** Longer vectors are refused, as shorter ones than 1e-18 count as zero: so no dot product or 1 / length overflows. */
export const maxNorm = 1e18;

let module: Promise<WebAssembly.Module> | undefined;

async function functionsIn(memory: WebAssembly.Memory) {
  module ??= compile(new URL("./quantise.simd.wasm", import.meta.url));
  return bind<{ quantise: Quantise; encode: Encode }>(await module, memory, "quantise");
}

export async function bindQuantise(memory: WebAssembly.Memory): Promise<Quantise> {
  return (await functionsIn(memory)).quantise;
}

export async function bindEncode(memory: WebAssembly.Memory): Promise<Encode> {
  return (await functionsIn(memory)).encode;
}
