import { type Graph, upperSize } from "../format/graph.ts";

/** A matrix in bytes: row ≈ factor × bytes. */
export interface Quantised {
  /** [V, stride], −127 to 127, zero beyond the vector size. */
  readonly values: Int8Array;
  /** [V] */
  readonly factors: Float32Array;
  /** [V] The sum of each row's bytes. */
  readonly sums: Int32Array;
  /** null for few songs, all of whose bytes are soon looked at. */
  readonly codes: PqCodes | null;
}

/** Four bits for each two dimensions of a row: which of sixteen centroids is nearest. */
export interface PqCodes {
  /** [⌈V / 32⌉, stride / 2, 16], see `encode`. */
  readonly bytes: Uint8Array;
  /** [stride] Of all rows, or of some: what is coded is the rest. */
  readonly mean: Float32Array;
  /** [V, rounded up to 32] What the products of a row's centroids with a query are to be taken times. */
  readonly scales: Float32Array;
  /** [stride / 2, 2, 16], one dimension after the other. */
  readonly codebook: Float32Array;
  /** [stride / 2, 16] Half the square of each centroid's length. */
  readonly halfSquaredNorms: Float32Array;
  /** [1] By how much products with a query of length 1 are off, over the length of what is coded: the standard deviation. */
  readonly errorDeviation: Float32Array;
  /** [1] 1 once codes are made, which may be after others have begun to search. */
  readonly ready: Int32Array;
}

/** Room for one question at a time. What is never touched takes no memory, however many rows there are. */
export interface Slot {
  /** [stride], zero beyond the vector size. */
  readonly query: Float32Array;
  /** The query in whole numbers [stride]. */
  readonly queryInt16: Int16Array;
  /** The same in seven bits, 64 more than each, so that none is negative [stride]. */
  readonly queryUint7: Uint8Array;
  /** Its products with centroids, and the same from 0 to 63 [stride / 2, 16]. */
  readonly centroidProducts: Float32Array;
  readonly lookupTable: Uint8Array;
  /** [2] How many pairs are in the heap, and how many rows are listed in `turns`. */
  readonly progress: Uint32Array;
  /** A bit for each row, 1 for those to be passed over [⌈V / 8⌉]; all zero between two questions. */
  readonly excluded: Uint8Array;
  /** The same for rows that were met before. */
  readonly visited: Uint8Array;
  /** Pairs of score (f32) and row (u32) [heapCapacity or V, 2]. */
  readonly heap: Uint32Array;
  /** [V] */
  readonly scores: Float32Array;
  /** A list of rows, and the score of each [V]. */
  readonly rows: Uint32Array;
  readonly rowScores: Float32Array;
  /** [V, 2] Of a tree; or rows that are listed, and what each is thought to score at most. */
  readonly branchScores: Float32Array;
}

/** Room for a second query beside a slot's. */
export interface SecondQuery {
  /** In whole numbers [stride]. */
  readonly queryInt16: Int16Array;
  /** The turns of both [V, 2, 2]. */
  readonly branchScores: Float32Array;
}

/**
 * A model's place in one WebAssembly memory, which threads can share. The first page is left to the modules; the rest
 * follows in the order below, each 64-byte aligned.
 */
export interface ModelMemory {
  readonly memory: WebAssembly.Memory;
  /** Values from the start of one row to the next: the vector size rounded up to 16. The rest of a row is zero. */
  readonly stride: number;
  /** [V, stride], or null where only the quantised vectors are kept. */
  readonly input: Float32Array | null;
  /** [V, stride], empty for a model without output vectors, or null where only the quantised vectors are kept. */
  readonly output: Float32Array | null;
  /** The unit input vectors, and the output vectors, in bytes. */
  readonly quantised: { readonly input: Quantised; readonly output: Quantised };
  /** [V] 1 / length of the input vector, 0 for a zero row. */
  readonly inverseNorms: Float32Array;
  /** Where output vectors belong to a tree: the turn (2 × inner node + 0 or 1) that leads to each song, and then to each inner node [2V − 1]. */
  readonly parentBranches: Uint32Array;
  /** The other way round: the song that each turn leads to, or V + the inner node [2V]. */
  readonly branchChildren: Uint32Array;
  /** The index of the input vectors, or null where there is none or it is not used. */
  readonly graph: Graph | null;
  /** The first is for whoever asks on the main thread without waiting, the second for what it answers while search threads are busy. */
  readonly slots: readonly [Slot, ...Slot[]];
  /** Of the main thread, and of each search thread: for a second query that is asked of the same songs as a slot's. */
  readonly secondQueries: readonly [SecondQuery, ...SecondQuery[]];
  /** Rows on their way to their bytes; none where they stay as they are [blockRows, stride]. */
  readonly stagingRows: Float32Array;
}

/** What a model's memory is to hold. */
export interface ModelShape {
  /** V */
  readonly songs: number;
  readonly vectorSize: number;
  /** Whether there are output vectors. */
  readonly outputVectors: boolean;
  /** Whether the vectors are kept as they are, or in bytes only. */
  readonly exact: boolean;
  /** Links of a song in the index; 0: without one. */
  readonly linksPerSong: number;
}

/** Dimensions of a part of a code. */
export const subvectorSize = 2;
export const centroidsPerSubvector = 16;
/** Rows whose codes stand together. */
export const codeBlockRows = 32;
/** Fewer songs, or dimensions, gain nothing by codes; of more dimensions the products would leave sixteen bits. */
const codedSongs = 16_384;
const codedDimensions = { fewest: 96, most: 2048 };
const pageBytes = 65_536;
const mostPages = 65_536;
const blockBytes = 1 << 20;
export const slotCount = 10;
/** Memory is the limit: more of them than this gain little. */
export const maxSearchThreads = 2;
/** Pairs in the heap of a slot. */
export const heapCapacity = 16_384;

export function strideOf(vectorSize: number): number {
  return Math.ceil(vectorSize / 16) * 16;
}

/** Bytes from one part of a row's code to the next. */
export const codeStride = codeBlockRows / 2;

/** Where the code of a row's first part stands, from the start of its matrix's codes: the byte, and the lowest of its four bits there. */
export function locateCode(row: number, stride: number): { at: number; shift: 0 | 4 } {
  const place = row % codeBlockRows;
  return {
    at: Math.floor(row / codeBlockRows) * (stride / subvectorSize) * codeStride + (place % codeStride),
    shift: place < codeStride ? 0 : 4,
  };
}

function hasCodes(songs: number, stride: number): boolean {
  return songs >= codedSongs && stride >= codedDimensions.fewest && stride <= codedDimensions.most;
}

/** Rows that are read at once. */
export function blockRows(songs: number, stride: number): number {
  return Math.min(songs, Math.max(1, Math.floor(blockBytes / (stride * 4))));
}

/** Whether a model can be loaded, if need be in bytes only: whether WebAssembly can address it. */
export function fitsMemory(songs: number, vectorSize: number, outputVectors: boolean): boolean {
  return layOutModel({ songs, vectorSize, outputVectors, exact: false, linksPerSong: 0 }).end <= mostPages * pageBytes;
}

/** Zeroed memory for a model, or undefined where it is more than the 4 GiB that WebAssembly can address. */
export function allocateModel(shape: ModelShape): WebAssembly.Memory | undefined {
  const pages = Math.ceil(layOutModel(shape).end / pageBytes);
  if (pages > mostPages) return undefined;
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/** The views of a memory that was allocated for this shape, by this thread or another. */
export function viewModel(memory: WebAssembly.Memory, shape: ModelShape): ModelMemory {
  const { end: _, ...views } = layOutModel(shape, memory.buffer);
  return { memory, ...views };
}

/** Without a buffer the views are empty, and only the end counts. */
function layOutModel({ songs, vectorSize, outputVectors, exact, linksPerSong }: ModelShape, buffer?: ArrayBufferLike) {
  const stride = strideOf(vectorSize);
  const end = { bytes: pageBytes };
  const allocate = <T>(type: ViewOf<T>, length: number): T => {
    const offset = end.bytes;
    end.bytes = Math.ceil((offset + length * type.BYTES_PER_ELEMENT) / 64) * 64;
    return buffer ? new type(buffer, offset, length) : new type(new ArrayBuffer(0), 0, 0);
  };
  const outputs = outputVectors ? songs : 0;
  const tableSize = (stride / subvectorSize) * centroidsPerSubvector;
  const codes = (rows: number): PqCodes => {
    const padded = Math.ceil(rows / codeBlockRows) * codeBlockRows;
    return {
      bytes: allocate(Uint8Array, (padded * stride) / subvectorSize / 2),
      mean: allocate(Float32Array, stride),
      scales: allocate(Float32Array, padded),
      codebook: allocate(Float32Array, tableSize * subvectorSize),
      halfSquaredNorms: allocate(Float32Array, tableSize),
      errorDeviation: allocate(Float32Array, 1),
      ready: allocate(Int32Array, 1),
    };
  };
  const quantised = (rows: number): Quantised => ({
    values: allocate(Int8Array, rows * stride),
    factors: allocate(Float32Array, rows),
    sums: allocate(Int32Array, rows),
    codes: hasCodes(rows, stride) ? codes(rows) : null,
  });
  const slot = (): Slot => ({
    query: allocate(Float32Array, stride),
    queryInt16: allocate(Int16Array, stride),
    queryUint7: allocate(Uint8Array, stride),
    centroidProducts: allocate(Float32Array, tableSize),
    lookupTable: allocate(Uint8Array, tableSize),
    progress: allocate(Uint32Array, 2),
    excluded: allocate(Uint8Array, Math.ceil(songs / 8)),
    visited: allocate(Uint8Array, Math.ceil(songs / 8)),
    heap: allocate(Uint32Array, 2 * Math.min(heapCapacity, songs)),
    scores: allocate(Float32Array, songs),
    rows: allocate(Uint32Array, songs),
    rowScores: allocate(Float32Array, songs),
    branchScores: allocate(Float32Array, 2 * songs),
  });
  const second = (): SecondQuery => ({
    queryInt16: allocate(Int16Array, stride),
    branchScores: allocate(Float32Array, 4 * outputs),
  });
  const graph = (): Graph => ({
    links: allocate(Uint32Array, songs * linksPerSong),
    upper: allocate(Uint32Array, upperSize(songs) * linksPerSong),
    entry: allocate(Uint32Array, 1),
  });
  const views = {
    stride,
    input: exact ? allocate(Float32Array, songs * stride) : null,
    output: exact ? allocate(Float32Array, outputs * stride) : null,
    quantised: { input: quantised(songs), output: quantised(outputs) },
    inverseNorms: allocate(Float32Array, songs),
    ways: allocate(Uint32Array, 2 * songs),
    forks: allocate(Uint32Array, 2 * outputs),
    seconds: [second(), ...Array.from({ length: maxSearchThreads }, second)] satisfies [SecondQuery, ...SecondQuery[]],
    graph: linksPerSong > 0 ? graph() : null,
    chunk: allocate(Float32Array, exact ? 0 : blockRows(songs, stride) * stride),
    slots: [slot(), ...Array.from({ length: slotCount - 1 }, slot)] satisfies [Slot, ...Slot[]],
  };
  return { ...views, end: end.bytes };
}

interface ViewOf<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, offset: number, length: number): T;
}
