import { bind, compile } from "../../word2vec/kernel/compile.ts";

export type ScanKernel = "relaxed" | "simd";

/**
 * The exports of assembly/, bound to one memory. Addresses are in bytes; matrices, queries and scores are 16-byte
 * aligned. The parameters are documented at the AssemblyScript functions.
 */
export interface Kernel {
  scan(matrix: number, rows: number, stride: number, query: number, scores: number): void;
  scanRows(matrix: number, list: number, count: number, stride: number, query: number, scores: number): void;
  scanQuantised(
    matrix: number,
    factors: number,
    rows: number,
    stride: number,
    query: number,
    unit: number,
    scores: number,
  ): void;
  scanRowsQuantised(
    matrix: number,
    factors: number,
    list: number,
    count: number,
    stride: number,
    query: number,
    unit: number,
    scores: number,
  ): void;
  nearestQuantised(
    matrix: number,
    factors: number,
    sums: number,
    first: number,
    rows: number,
    stride: number,
    query: number,
    unit: number,
    excluded: number,
    heap: number,
    size: number,
    capacity: number,
  ): number;
  fillLookupTable(codebook: number, stride: number, query: number, products: number, table: number): number;
  listCandidates(
    codes: number,
    scales: number,
    table: number,
    tableUnit: number,
    least: number,
    margin: number,
    first: number,
    rows: number,
    stride: number,
    excluded: number,
    heap: number,
    estimateCapacity: number,
    list: number,
    progress: number,
    estimates: number,
  ): void;
  scoreCandidates(
    list: number,
    progress: number,
    heap: number,
    estimateCapacity: number,
    capacity: number,
    matrix: number,
    factors: number,
    stride: number,
    query: number,
    unit: number,
  ): number;
  computeBranchScores(scores: number, nodes: number, songs: number, parentBranches: number, branchScores: number): void;
  gatherSongScores(songs: number, parentBranches: number, branchScores: number, likelihoods: number): void;
  findLikeliest(
    songs: number,
    parentBranches: number,
    branchScores: number,
    excluded: number,
    heap: number,
    capacity: number,
  ): number;
  scoreSongs(
    matrix: number,
    factors: number,
    songs: number,
    stride: number,
    query: number,
    unit: number,
    parentBranches: number,
    visited: number,
    nodes: number,
    branchScores: number,
    list: number,
    count: number,
    likelihoods: number,
  ): void;
  scoreSongsForTwo(
    matrix: number,
    factors: number,
    songs: number,
    stride: number,
    query: number,
    unit: number,
    other: number,
    otherUnit: number,
    parentBranches: number,
    visited: number,
    nodes: number,
    branchScores: number,
    list: number,
    count: number,
    likelihoods: number,
  ): void;
  searchTree(
    matrix: number,
    factors: number,
    songs: number,
    stride: number,
    query: number,
    unit: number,
    branchChildren: number,
    excluded: number,
    queue: number,
    found: number,
    limit: number,
    budget: number,
  ): number;
  openGraph(
    bytes: number,
    factors: number,
    songs: number,
    stride: number,
    links: number,
    upper: number,
    linksPerSong: number,
  ): void;
  searchGraph(
    top: number,
    last: number,
    entry: number,
    query: number,
    excluded: number,
    visited: number,
    list: number,
    scores: number,
    queue: number,
    heap: number,
    ef: number,
  ): number;
  linkRows(
    rows: number,
    count: number,
    top: number,
    last: number,
    entry: number,
    query: number,
    visited: number,
    list: number,
    scores: number,
    queue: number,
    heap: number,
    efConstruction: number,
  ): void;
  linkBack(rows: number, count: number, part: number, parts: number, query: number, heap: number): void;
}

export interface ScanModule {
  readonly kernel: ScanKernel;
  /** Binds the kernel to a shared memory. */
  bind(memory: WebAssembly.Memory): Kernel;
}

let fastest: Promise<ScanModule> | undefined;

/** Loads the fastest kernel that this runtime supports. It is compiled once. */
export function loadScan(): Promise<ScanModule> {
  fastest ??= compileScan("relaxed").catch(() => compileScan("simd"));
  return fastest;
}

/** @throws if the variant is not built, or the runtime does not support its instructions */
export async function compileScan(kernel: ScanKernel): Promise<ScanModule> {
  const module = await compile(new URL(`./scan.${kernel}.wasm`, import.meta.url));
  return { kernel, bind: (memory) => bind<Kernel>(module, memory, "scan") };
}
