export interface UsearchIndex {
  add(keys: BigUint64Array, vectors: Float32Array): void;
  search(vector: Float32Array, k: number, threads: number): { readonly keys: BigUint64Array };
}

/**
 * The part of the usearch package that the benchmarks use. It is no dependency: `npm install --no-save --ignore-scripts
 * usearch@2.26.2`.
 */
export interface Usearch {
  readonly Index: new (
    dimensions: number,
    metric: string,
    quantization: string,
    connectivity: number,
    expansionAdd: number,
    expansionSearch: number,
    multi: boolean,
  ) => UsearchIndex;
  exactSearch(
    matrix: Float32Array,
    query: Float32Array,
    dimensions: number,
    k: number,
    metric: string,
    threads: number,
  ): { readonly keys: BigUint64Array };
}

/** @returns undefined, with a message, if usearch is not installed */
export async function loadUsearch(): Promise<Usearch | undefined> {
  const name = "usearch";
  try {
    const { default: module }: { default: unknown } = await import(name);
    if (isUsearch(module)) return module;
  } catch {
    console.error("usearch: skipped, not installed (npm install --no-save --ignore-scripts usearch@2.26.2)");
  }
  return undefined;
}

function isUsearch(module: unknown): module is Usearch {
  return typeof module === "object" && module !== null && "Index" in module && "exactSearch" in module;
}
